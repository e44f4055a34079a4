import type { DataPlaneStep, PolicySpec } from '../sa/data-plane.ts';
import { reqidAt } from '../sa/reqid.ts';
import type { TunnelPolicy } from './common/policy.ts';
import type { CoreState, Trap } from './core-state.ts';
import type { Run } from './run.ts';

/**
 * Sets a trap for the traffic of a tunnel (RFC 4301 §4.4.1: a PROTECT entry without an SA). Its packets wait or are
 * dropped, never sent in clear. Nothing where the peer's address is not known.
 */
export function setTrap(run: Run, state: CoreState, policy: TunnelPolicy): void {
  if (state.traps.has(policy.name) || policy.remote.address.kind !== 'address') return;
  const trap = trapFor(policy, policy.remote.address.address, reqidAt(state.reqids++));
  state.traps.set(policy.name, trap);
  run.requestCleanUp({ kind: 'apply', steps: steps('add-policy', policy.name, trap) });
}

/** The tunnel is up, or no longer wanted. */
export function removeTrap(run: Run, state: CoreState, tunnel: string): void {
  const trap = state.traps.get(tunnel);
  if (trap === undefined) return;
  state.traps.delete(tunnel);
  run.requestCleanUp({ kind: 'apply', steps: steps('remove-policy', tunnel, trap) });
}

/** Whose trap a packet has run into. */
export function trappedTunnel(state: CoreState, reqid: number): string | undefined {
  return [...state.traps].find(([, trap]) => trap.reqid === reqid)?.[0];
}

function trapFor(policy: TunnelPolicy, remote: string, reqid: number): Trap {
  const { local, childProtocol: protocol } = policy;
  const template = { protocol, mode: 'tunnel', reqid, source: local.address, destination: remote } as const;
  const policies = local.selectors.flatMap((source) =>
    policy.remote.selectors.map(
      (destination): PolicySpec => ({ direction: 'out', source, destination, action: 'trap', template }),
    ),
  );
  return { reqid, policies };
}

function steps(kind: 'add-policy' | 'remove-policy', tunnel: string, { policies }: Trap): DataPlaneStep[] {
  return policies.map((policy) => ({ kind, owner: `trap:${tunnel}`, policy }));
}
