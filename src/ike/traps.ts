import type { IpAddress } from '../base/net.ts';
import { attributesFor, policyAttributes } from '../sa/child-attributes.ts';
import type { DataPlaneReply, DataPlaneStep, PolicySpec, RouteSpec } from '../sa/data-plane.ts';
import { policyKey, routeKey } from '../sa/ledger.ts';
import { reqidAt } from '../sa/reqid.ts';
import { routesTo } from '../sa/routes.ts';
import { selectorPairs } from '../sa/selector-pairs.ts';
import { childMode } from './common/child-mode.ts';
import type { CoreCommand } from './common/input.ts';
import { kernelRefused } from './common/kernel-refusal.ts';
import type { TunnelPolicy } from './common/policy.ts';
import type { CoreState, Trap } from './core-state.ts';
import type { Run } from './run.ts';

/** As the service wants it. */
export function changeTrap(
  run: Run,
  state: CoreState,
  { tunnel, set, remote }: Extract<CoreCommand, { readonly kind: 'trap' }>,
): void {
  const policy = run.policies.get(tunnel);
  if (!set) removeTrap(run, state, tunnel);
  else if (policy !== undefined) setTrap(run, state, policy, remote);
}

/**
 * Sets a trap for the traffic of a tunnel (RFC 4301 §4.4.1: a PROTECT entry without an SA). Its packets wait or are
 * dropped, never sent in clear. It may stand under the policies of Child SAs, for when these are gone. Nothing where
 * the peer's address is not known; `resolved` is that of one given by name.
 *
 * Setting it anew changes its reqid: the kernel asks for each of them once in net.core.xfrm_acq_expires seconds, and the
 * next packet should not have to wait for that.
 */
export function setTrap(run: Run, state: CoreState, policy: TunnelPolicy, resolved: IpAddress | undefined): void {
  const { address } = policy.remote;
  const remote = address.kind === 'name' ? resolved : address.kind === 'address' ? address.address : undefined;
  if (remote === undefined) return;
  const before = state.traps.get(policy.name);
  const reqid = policy.attributes?.reqid ?? reqidAt(state.reqids++);
  const policies = trapPolicies(policy, remote, reqid);
  const routes = trapRoutes(policy, remote);
  const request = run.requestDataPlane(policy.name, {
    kind: 'apply',
    steps: [
      ...policySteps('add', policy.name, policies),
      ...policySteps('remove', policy.name, gone(before, policies)),
    ],
  });
  if (before !== undefined && before.reqid !== reqid) run.index.dropTrap(policy.name, before.reqid);
  run.index.addTrap(policy.name, reqid);
  state.traps.set(policy.name, { reqid, request, policies, routes });
  const open = new Set(routes.map(routeKey));
  const stale = (before?.routes ?? []).filter((route) => !open.has(routeKey(route)));
  const moves = [...routeSteps('add', policy.name, routes), ...routeSteps('remove', policy.name, stale)];
  // Apart from the policies: a trap without a route may still catch something, and keeps clear text in.
  if (moves.length > 0) run.requestCleanUp({ kind: 'apply', steps: moves });
}

/** Of a trap that is set anew: the policies of segments that the tunnel no longer has. */
function gone(before: Trap | undefined, policies: Trap['policies']): Trap['policies'] {
  const stays = new Set(policies.map(policyKey));
  return (before?.policies ?? []).filter((policy) => !stays.has(policyKey(policy)));
}

/** The tunnel's own address has changed: where a trap is set, its template names the new one. */
export function resetTrap(run: Run, state: CoreState, policy: TunnelPolicy): void {
  const template = state.traps.get(policy.name)?.policies[0]?.template;
  if (template !== undefined && template.source !== policy.local.address)
    setTrap(run, state, policy, template.destination);
}

/** The tunnel is up, or no longer wanted. */
export function removeTrap(run: Run, state: CoreState, tunnel: string): void {
  const trap = state.traps.get(tunnel);
  if (trap === undefined) return;
  state.traps.delete(tunnel);
  run.index.dropTrap(tunnel, trap.reqid);
  const { policies, routes } = trap;
  const steps = [...routeSteps('remove', tunnel, routes), ...policySteps('remove', tunnel, policies)];
  run.requestCleanUp({ kind: 'apply', steps });
}

/** The tunnel has another name: the trap stands all the while. */
export function moveTrap({ policies, routes }: Trap, from: string, to: string): DataPlaneStep[] {
  return [
    ...policySteps('add', to, policies),
    ...routeSteps('add', to, routes),
    ...routeSteps('remove', from, routes),
    ...policySteps('remove', from, policies),
  ];
}

/** Whether the answer was for the tunnel's trap. What the data plane refuses is undone and reported. */
export function onTrapAnswer(
  run: Run,
  state: CoreState,
  { tunnel, request, reply }: { readonly tunnel: string; readonly request: number; readonly reply: DataPlaneReply },
): boolean {
  if (state.traps.get(tunnel)?.request !== request) return false;
  if (reply.kind !== 'refused') return true;
  removeTrap(run, state, tunnel);
  run.emit({ type: 'trap.failed', tunnel, reason: kernelRefused(run, tunnel, reply) });
  return true;
}

function trapPolicies(policy: TunnelPolicy, remote: IpAddress, reqid: number): PolicySpec[] {
  const { local, childProtocol: protocol, attributes = {} } = policy;
  if (attributes.policies === false) return [];
  const apart = policyAttributes(attributesFor(attributes, reqid), 'out');
  const template = { protocol, mode: childMode(policy), reqid, source: local.address, destination: remote } as const;
  return selectorPairs(local.selectors, policy.remote.selectors).map(
    ({ local: source, remote: destination }): PolicySpec => ({
      direction: 'out',
      source,
      destination,
      action: 'trap',
      template,
      ...apart,
    }),
  );
}

/** Where the first packet starts the tunnel, it has to get to where the policies apply. */
function trapRoutes({ start, routes, childMode, local, remote }: TunnelPolicy, via: IpAddress): RouteSpec[] {
  if (start !== 'on-traffic' || childMode === 'transport') return [];
  return routesTo(routes, { remote: remote.selectors, local: local.selectors, via });
}

function policySteps(verb: 'add' | 'remove', tunnel: string, policies: Trap['policies']): DataPlaneStep[] {
  return policies.map((policy) => ({ kind: `${verb}-policy`, owner: ownerOf(tunnel), policy }));
}

function routeSteps(verb: 'add' | 'remove', tunnel: string, routes: Trap['routes']): DataPlaneStep[] {
  return routes.map((route) => ({ kind: `${verb}-route`, owner: ownerOf(tunnel), route }));
}

function ownerOf(tunnel: string): string {
  return `trap:${tunnel}`;
}
