import { EMPTY, type ViciCall, type ViciCommand } from '../command.ts';
import { connectionSection, policySection } from '../configuration-sections.ts';
import type { ViciSection } from '../message.ts';
import { ikeSectionWithChildren } from '../sa-sections.ts';
import { named, section, textOf } from '../section.ts';
import type { ViciIkeSa } from '../vici-api.ts';

/** What is told piece by piece, by an event for each, before the reply. */
export const LISTING: Readonly<Record<string, ViciCommand>> = {
  'list-sas': { summary: 'IKE SAs with their Child SAs, by the event `list-sa`', run: listSas },
  'list-conns': {
    summary: 'the configuration, by the event `list-conn`',
    run: async (request, { api, stream }) => {
      const ike = textOf(request, 'ike');
      for (const connection of api.connections(ike))
        if (ike === undefined || connection.name === ike)
          await stream('list-conn', named(connection.name, connectionSection(connection)));
      return EMPTY;
    },
  },
  'list-policies': { summary: 'what waits for traffic, by the event `list-policy`', run: listPolicies },
  'get-conns': {
    summary: 'the names of the connections that were loaded by vici',
    run: (_, { api }) => section({ conns: api.loadedConnections() }),
  },
  'list-certs': { summary: 'none: there are no certificates', run: () => EMPTY },
  'list-authorities': { summary: 'none: there are no certificates', run: () => EMPTY },
};

/**
 * A filter for Child SAs leaves out no IKE SA, as with charon. `noblock` is how it is in any case: nothing here waits for
 * an IKE SA that is busy.
 */
async function listSas(request: ViciSection, { api, stream }: ViciCall): Promise<ViciSection> {
  const wanted = (key: string, value: string | number) => (textOf(request, key) ?? String(value)) === String(value);
  const [ikeName, ikeId] = [textOf(request, 'ike'), textOf(request, 'ike-id')];
  for (const ike of api.ikeSas({ ike: ikeName, ikeId, child: undefined, childId: undefined })) {
    if (!wanted('ike', ike.connection) || !wanted('ike-id', ike.uniqueId)) continue;
    const children = ike.children.filter((child) => wanted('child', child.name) && wanted('child-id', child.uniqueId));
    for (const part of parts({ ...ike, children }))
      await stream('list-sa', named(ike.connection, ikeSectionWithChildren(part, api.now())));
  }
  return EMPTY;
}

/** One frame holds about 500 Child SAs: an IKE SA with more comes in several events. */
function parts(ike: ViciIkeSa): ViciIkeSa[] {
  const count = Math.max(1, Math.ceil(ike.children.length / CHILDREN_PER_EVENT));
  return Array.from({ length: count }, (_, index) => ({
    ...ike,
    children: ike.children.slice(index * CHILDREN_PER_EVENT, (index + 1) * CHILDREN_PER_EVENT),
  }));
}

const CHILDREN_PER_EVENT = 256;

/** Only the kinds that are asked for. */
async function listPolicies(request: ViciSection, { api, stream }: ViciCall): Promise<ViciSection> {
  const child = textOf(request, 'child');
  const ike = textOf(request, 'ike');
  for (const policy of api.policies()) {
    if (textOf(request, policy.kind) !== 'yes') continue;
    if ((child ?? policy.child) !== policy.child || (ike ?? policy.connection) !== policy.connection) continue;
    await stream('list-policy', named(`${policy.connection}/${policy.child}`, policySection(policy)));
  }
  return EMPTY;
}
