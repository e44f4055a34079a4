import {
  type AttributeChoice,
  attributesFor,
  isKnownBefore,
  isSetApart,
  policyAttributes,
} from '../sa/child-attributes.ts';
import type { DataPlaneStep, PolicySpec } from '../sa/data-plane.ts';
import { policyKey } from '../sa/ledger.ts';
import { selectorPairs } from '../sa/selector-pairs.ts';
import type { Context } from './common/context.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { localTraffic } from './local-traffic.ts';

/** Has the data plane keep clear text in for these tunnels in the place of those before. */
export function changeBlocks(
  run: Pick<Context, 'requestCleanUp'>,
  before: readonly TunnelPolicy[] | ReadonlyMap<string, TunnelPolicy>,
  after: readonly TunnelPolicy[] | ReadonlyMap<string, TunnelPolicy>,
): void {
  const steps = planBlocks(byName(before), byName(after));
  if (steps.length > 0) run.requestCleanUp({ kind: 'apply', steps });
}

function byName(
  tunnels: readonly TunnelPolicy[] | ReadonlyMap<string, TunnelPolicy>,
): ReadonlyMap<string, TunnelPolicy> {
  return tunnels instanceof Map ? tunnels : new Map([...tunnels.values()].map((policy) => [policy.name, policy]));
}

/**
 * The steps that keep clear text in while a tunnel is down: a standing block policy for each pair of segments, under
 * the protecting ones of its Child SAs. It stands from the configuration of the tunnel to its removal, so that there
 * is no moment in between at which a packet could slip out (RFC 4301 §4.4.1 makes dropping the default as well). What
 * goes between its local segments passes as long.
 */
export function planBlocks(
  before: ReadonlyMap<string, TunnelPolicy>,
  after: ReadonlyMap<string, TunnelPolicy>,
): DataPlaneStep[] {
  const [gone, come] = [othersThan(after, before), othersThan(before, after)];
  const old = new Map([...bypasses(gone), ...blocks(gone)]);
  const fresh = new Map([...bypasses(come), ...blocks(come)]);
  const added = [...fresh].filter(([key]) => !old.has(key));
  const removed = [...old].filter(([key]) => !fresh.has(key));
  return [
    ...added.map(([, step]): DataPlaneStep => ({ kind: 'add-policy', ...step })),
    ...removed.map(([, step]): DataPlaneStep => ({ kind: 'remove-policy', ...step })),
  ];
}

/** Those that are another object in `known`, or not there: of thousands, all but a few are as they were. */
function othersThan(
  known: ReadonlyMap<string, TunnelPolicy>,
  tunnels: ReadonlyMap<string, TunnelPolicy>,
): readonly TunnelPolicy[] {
  return [...tunnels.values()].filter((tunnel) => known.get(tunnel.name) !== tunnel);
}

type Block = { readonly owner: string; readonly policy: PolicySpec };

function blocks(tunnels: readonly TunnelPolicy[]): Map<string, Block> {
  const all = new Map<string, Block>();
  for (const tunnel of tunnels) {
    const apart = apartOf(tunnel.attributes);
    // The segments of all its instances are kept in by the tunnel that they come from; a host outside cannot be.
    if (!tunnel.blockClearText || tunnel.template !== undefined || apart === undefined) continue;
    for (const { local: source, remote: destination } of selectorPairs(
      tunnel.local.selectors,
      tunnel.remote.selectors,
    )) {
      const policy: PolicySpec = { direction: 'out', source, destination, action: 'block', ...apart };
      all.set(`${tunnel.name}|${policyKey(policy)}`, { owner: `tunnel:${tunnel.name}`, policy });
    }
  }
  return all;
}

/**
 * It blocks those packets alone that the tunnel is for. Undefined where it has no policies, or where nobody knows its
 * packets before there is a Child SA. The priority stays that of a block: another tunnel's must not wait for it.
 */
function apartOf(choice: AttributeChoice = {}): Pick<PolicySpec, 'ifId' | 'mark'> | undefined {
  if (choice.policies === false || !isKnownBefore(choice)) return undefined;
  const { ifId, mark } = attributesFor(choice, 0);
  return policyAttributes({ ...(ifId && { ifId }), ...(mark && { mark }) }, 'out');
}

function bypasses(tunnels: readonly TunnelPolicy[]): Map<string, Block> {
  return new Map(
    tunnels
      .filter(isChosenBySegments)
      .flatMap((tunnel) =>
        localTraffic(tunnel).map((policy): [string, Block] => [
          `${tunnel.name}|${policyKey(policy)}`,
          { owner: `tunnel:${tunnel.name}`, policy },
        ]),
      ),
  );
}

/** Else a mark or an interface says what goes into the tunnel, or nothing does. */
function isChosenBySegments({ attributes = {} }: TunnelPolicy): boolean {
  return attributes.policies !== false && !isSetApart(attributes);
}
