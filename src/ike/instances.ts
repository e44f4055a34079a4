import { constantTimeEqual } from '../crypto/constant-time.ts';
import type { ChildSa } from '../sa/child-sa.ts';
import { SegmentIndex } from '../sa/segment-index.ts';
import { type Instance, instanceName, instanceOf } from './common/instances.ts';
import type { TunnelPolicy } from './common/policy.ts';
import type { CoreState } from './core-state.ts';
import { keepInstance } from './join.ts';
import { renameTunnels } from './rename.ts';
import type { Run } from './run.ts';

/** Instances that have no SA any more are forgotten. */
export function forgetBereft(run: Run, state: CoreState): void {
  for (const name of run.bereft) {
    const instance = state.instances.get(name);
    if (instance === undefined || state.byTunnel.has(name) || state.children.has(name)) continue;
    forget(run, state, name, instance);
  }
  run.bereft.clear();
}

/** What the instances are by a new set of tunnels; nothing where their template is gone, or has no key for them. */
export function instancePolicies(state: CoreState, tunnels: readonly TunnelPolicy[]): TunnelPolicy[] {
  if (state.instances.size === 0) return [];
  const configured = new Map(tunnels.map((policy) => [policy.name, policy]));
  return [...state.instances].flatMap(([name, instance]) =>
    configured.has(name) ? [] : (policyOf(configured, instance) ?? []),
  );
}

/** Which peer segments their Child SAs have. It follows from the state. */
export function instanceSegments({ instances, children }: CoreState): SegmentIndex<ChildSa> {
  const index = new SegmentIndex<ChildSa>();
  for (const name of instances.keys())
    for (const child of children.get(name) ?? []) index.add(child, child.remoteSelectors);
  return index;
}

/** Instances that end by a new set of tunnels: their template is gone, or has another key for their peer, or none. */
export function unkeyed(
  state: CoreState,
  before: ReadonlyMap<string, TunnelPolicy>,
  tunnels: readonly TunnelPolicy[],
): string[] {
  const after = new Map(instancePolicies(state, tunnels).map((policy) => [policy.name, policy]));
  return [...state.instances.keys()].filter((name) => {
    const [old, fresh] = [before.get(name), after.get(name)];
    return fresh === undefined || (old !== undefined && !constantTimeEqual(old.psk.expose(), fresh.psk.expose()));
  });
}

/** Forgets the instances that the tunnels in force know nothing of. */
export function forgetOrphans(run: Run, state: CoreState): void {
  for (const [name, instance] of [...state.instances])
    if (run.policies.get(name)?.template === undefined) forget(run, state, name, instance);
}

/** The names of the instances of a tunnel, which is none of them for most. */
export function instancesOf(state: CoreState, template: string): string[] {
  return [...(state.instancesOf.get(template) ?? [])];
}

/** Tunnels go on under other names, and with them their instances. */
export function renameWithInstances(run: Run, state: CoreState, renamed: ReadonlyMap<string, string>): void {
  const all = new Map(renamed);
  for (const [name, { template, identity }] of state.instances) {
    const to = renamed.get(template);
    if (to !== undefined) all.set(name, instanceName(to, identity));
  }
  renameTunnels(run, state, all);
  const instances = [...state.instances];
  state.instances.clear();
  state.instancesOf.clear();
  for (const [name, { template, ...caller }] of instances)
    keepInstance(state, all.get(name) ?? name, { ...caller, template: renamed.get(template) ?? template });
}

function policyOf(policies: ReadonlyMap<string, TunnelPolicy>, instance: Instance): TunnelPolicy | undefined {
  const template = policies.get(instance.template);
  return template === undefined ? undefined : instanceOf(template, instance);
}

function forget(run: Run, state: CoreState, name: string, { template }: Instance): void {
  state.instances.delete(name);
  const others = state.instancesOf.get(template);
  if (others?.delete(name) === true && others.size === 0) state.instancesOf.delete(template);
  state.closedTunnels.delete(name);
  for (const timer of [...(state.timers.get(name)?.keys() ?? [])]) run.clearTimer(name, timer);
  for (const key of SAID) state.said.delete(`${key} ${name}`);
  for (const key of ALLOWED) state.allowances.delete(`${key} ${name}`);
  if (run.policies.get(name)?.template !== undefined) run.policies.delete(name);
  run.emit({ type: 'instance.removed', tunnel: name, template });
}

/** What is remembered of a tunnel by its name, beside its SAs. */
const SAID = ['refused', 'child refused', 'unfinished', 'version'];
const ALLOWED = ['token from peer', 'token from elsewhere'];
