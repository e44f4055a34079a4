import { canMeet, selectorPairs } from '../sa/selector-pairs.ts';
import { formatSelector, selectorKey } from '../sa/traffic-selector.ts';
import type { Configuration, Shunt } from './configuration.ts';
import type { Entry, Merged } from './merge.ts';
import { placesOf } from './positions.ts';
import { formatPosition } from './problem.ts';
import type { RawShunt } from './schema.ts';

/** Shunts with their defaults; where one breaks a rule, that is reported. */
export function resolveShunts({ shunts, top }: Pick<Merged, 'shunts' | 'top'>): Shunt[] {
  checkPairs(shunts.values());
  return [...shunts.values()].map((entry) => {
    checkPartners(entry);
    if (top.dataplane === 'userspace') checkKernel(entry);
    return resolveShunt(entry);
  });
}

function resolveShunt({ name, raw, source }: Entry<RawShunt>): Shunt {
  const { action, local, remote, precedence, ifId, mark, priority, forwardOut } = raw;
  const attributes = {
    ...(ifId === undefined ? {} : { ifId }),
    ...(mark === undefined ? {} : { mark }),
    ...(priority === undefined ? {} : { priority }),
    ...(forwardOut === true ? { forwardOut } : {}),
  };
  return {
    name,
    policy: {
      name,
      action,
      localSelectors: local,
      remoteSelectors: remote,
      ...(precedence === undefined ? {} : { precedence }),
      ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    },
    labels: raw.labels ?? {},
    remarks: raw.remarks ?? '',
    origin: source.key(['shunts', name]),
    places: placesOf(source, ['shunts', name]),
  };
}

function checkPartners({ raw, report }: Entry<RawShunt>): void {
  const others = { local: raw.remote, remote: raw.local };
  for (const side of ['local', 'remote'] as const) {
    for (const [index, segment] of raw[side].entries())
      if (!others[side].some((other) => canMeet(other, segment)))
        report.error(
          [side, index],
          `${formatSelector(segment)} has no partner at the other end: none is of its address family and protocol`,
        );
  }
}

/** Userspace has no way to let packets out as they are, and does not see what the kernel has marked. */
function checkKernel({ raw, report }: Entry<RawShunt>): void {
  const done = 'is done by the kernel alone; set dataplane to kernel or auto';
  if (raw.action === 'bypass') report.error(['action'], `bypass ${done}`);
  for (const key of ['ifId', 'mark', 'priority', 'forwardOut']) if (report.has([key])) report.errorAtKey([key], done);
}

/** Of two shunts for the very same packets, nobody could say which one counts. */
function checkPairs(shunts: Iterable<Entry<RawShunt>>): void {
  const claims = new Map<string, Entry<RawShunt>>();
  for (const shunt of shunts) {
    const { ifId, mark } = shunt.raw;
    for (const { local, remote } of selectorPairs(shunt.raw.local, shunt.raw.remote)) {
      const key = JSON.stringify([selectorKey(local), selectorKey(remote), ifId, mark]);
      const earlier = claims.get(key);
      if (earlier === undefined) claims.set(key, shunt);
      else if (earlier !== shunt)
        shunt.report.error(
          ['remote', shunt.raw.remote.indexOf(remote)],
          `${formatSelector(local)} <-> ${formatSelector(remote)} already belongs to shunt ${earlier.name} (${formatPosition(earlier.source.key(['shunts', earlier.name]))})`,
        );
    }
  }
}

/** What the core works with. */
export function shuntPolicies({ shunts }: Pick<Configuration, 'shunts'>): Shunt['policy'][] {
  return shunts.map(({ policy }) => policy);
}
