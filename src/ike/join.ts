import { sameIdentity } from '../sa/identity.ts';
import type { Context } from './common/context.ts';
import type { Caller, Instance } from './common/instances.ts';
import type { TunnelPolicy } from './common/policy.ts';
import type { Reason } from './common/reason.ts';
import type { CoreState } from './core-state.ts';

/** How many peers all tunnels for many may have together. */
export const MAX_INSTANCES = 50_000;

/**
 * The instance of a template comes to be with the proof of its peer, and goes with its last SA. Who comes back finds its
 * own again, at the address that it has now.
 */
export function join(run: Joining, state: CoreState, policy: TunnelPolicy, caller: Caller): Reason | undefined {
  const { name, template } = policy;
  if (template === undefined) return undefined;
  const present = state.instances.get(name);
  const isOther = present !== undefined && !sameIdentity(present.identity, caller.identity);
  if (isOther || (present === undefined && run.policies.has(name))) return nameTaken(name);
  if (present === undefined) {
    const limit = run.policies.get(template)?.many?.limit ?? 0;
    if ((state.instancesOf.get(template)?.size ?? 0) >= limit) return full(template, limit);
    if (state.instances.size >= MAX_INSTANCES) return full('all tunnels for many together', MAX_INSTANCES);
  }
  keepInstance(state, name, { ...caller, template });
  run.policies.set(name, policy);
  if (present === undefined) run.emit({ type: 'instance.added', tunnel: name, template, remote: caller.address });
  return undefined;
}

/** In the place of one of the same name. */
export function keepInstance(state: CoreState, name: string, instance: Instance): void {
  state.instances.set(name, instance);
  const others = state.instancesOf.get(instance.template);
  if (others === undefined) state.instancesOf.set(instance.template, new Set([name]));
  else others.add(name);
}

/** The tunnels in force take the new one in. */
type Joining = Pick<Context, 'emit'> & { readonly policies: Map<string, TunnelPolicy> };

function full(whose: string, limit: number): Reason {
  return {
    code: 'too-many',
    text: `${whose} has as many peers as it may have at once (${limit}); another one is refused`,
  };
}

function nameTaken(name: string): Reason {
  return { code: 'too-many', text: `the peer would get the tunnel ${name}, which is there already for somebody else` };
}
