import { sameIdentity } from '../sa/identity.ts';
import type { Context } from './common/context.ts';
import type { Caller } from './common/instances.ts';
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
    if (countOf(state, template) >= limit) return full(template, limit);
    if (state.instances.size >= MAX_INSTANCES) return full('all tunnels for many together', MAX_INSTANCES);
  }
  state.instances.set(name, { ...caller, template });
  run.policies.set(name, policy);
  if (present === undefined) run.emit({ type: 'instance.added', tunnel: name, template, remote: caller.address });
  return undefined;
}

/** The tunnels in force take the new one in. */
type Joining = Pick<Context, 'emit'> & { readonly policies: Map<string, TunnelPolicy> };

function countOf(state: CoreState, template: string): number {
  let count = 0;
  for (const instance of state.instances.values()) if (instance.template === template) count++;
  return count;
}

function full(whose: string, limit: number): Reason {
  return {
    code: 'too-many',
    text: `${whose} has as many peers as it may have at once (${limit}); another one is refused`,
  };
}

function nameTaken(name: string): Reason {
  return { code: 'too-many', text: `the peer would get the tunnel ${name}, which is there already for somebody else` };
}
