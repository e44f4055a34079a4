import { policyAttributes } from '../sa/child-attributes.ts';
import type { DataPlaneStep, PolicyDirection, PolicySpec } from '../sa/data-plane.ts';
import { policyKey } from '../sa/ledger.ts';
import { type SelectorPair, selectorPairs } from '../sa/selector-pairs.ts';
import type { Context } from './common/context.ts';
import type { ShuntPolicy } from './common/policy.ts';

/**
 * Has the data plane keep to other shunts (RFC 4301 §4.4.1: BYPASS and DISCARD). Each that differs is a request of its
 * own: one that is refused must not take the others with it.
 */
export function changeShunts(
  run: Pick<Context, 'requestCleanUp'>,
  before: readonly ShuntPolicy[],
  after: readonly ShuntPolicy[],
): void {
  const [old, fresh] = [byName(before), byName(after)];
  for (const name of new Set([...fresh.keys(), ...old.keys()])) {
    const steps = difference(name, old.get(name), fresh.get(name));
    if (steps.length > 0) run.requestCleanUp({ kind: 'apply', steps });
  }
}

function byName(shunts: readonly ShuntPolicy[]): ReadonlyMap<string, ShuntPolicy> {
  return new Map(shunts.map((shunt) => [shunt.name, shunt]));
}

function difference(
  name: string,
  before: ShuntPolicy | undefined,
  after: ShuntPolicy | undefined,
): readonly DataPlaneStep[] {
  const owner = `shunt:${name}`;
  const [had, wanted] = [policiesOf(before), policiesOf(after)];
  const isNew = ([key, policy]: [string, PolicySpec]) => {
    const old = had.get(key);
    return old === undefined || old.priority !== policy.priority || old.precedence !== policy.precedence;
  };
  return [
    ...[...wanted].filter(isNew).map(([, policy]): DataPlaneStep => ({ kind: 'add-policy', owner, policy })),
    ...[...had]
      .filter(([key]) => !wanted.has(key))
      .map(([, policy]): DataPlaneStep => ({ kind: 'remove-policy', owner, policy })),
  ];
}

function policiesOf(shunt: ShuntPolicy | undefined): Map<string, PolicySpec> {
  if (shunt === undefined) return new Map();
  const pairs = selectorPairs(shunt.localSelectors, shunt.remoteSelectors);
  const policies = pairs.flatMap((pair) => pairPolicies(shunt, pair));
  return new Map(policies.map((policy) => [policyKey(policy), policy]));
}

function pairPolicies(shunt: ShuntPolicy, { local, remote }: SelectorPair): PolicySpec[] {
  const { action, precedence, attributes } = shunt;
  const place = precedence === undefined ? {} : { precedence };
  const inbound = (direction: PolicyDirection): PolicySpec => ({
    direction,
    source: remote,
    destination: local,
    action,
    ...place,
    ...policyAttributes(attributes, 'in'),
  });
  const outbound = (direction: PolicyDirection): PolicySpec => ({
    direction,
    source: local,
    destination: remote,
    action,
    ...place,
    ...policyAttributes(attributes, 'out'),
  });
  const forwarded = attributes?.forwardOut === true ? [outbound('fwd')] : [];
  return [outbound('out'), inbound('in'), inbound('fwd'), ...forwarded];
}
