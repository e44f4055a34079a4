import type { Reason } from '../ike/common/reason.ts';
import type { ServiceRun } from './service-run.ts';
import type { TunnelState } from './tunnel-state.ts';

/** Asks for the address of a peer that is given by name, for an attempt or to set a trap. */
export function resolvePeer(run: ServiceRun, tunnel: TunnelState, purpose: 'attempt' | 'trap'): void {
  const { address } = tunnel.policy.remote;
  if (address.kind !== 'name') return;
  tunnel.resolving = purpose;
  run.effects.push({ kind: 'resolve', tunnel: tunnel.policy.name, name: address.name });
}

export function unresolved({ policy }: TunnelState): Reason {
  const host = policy.remote.address.kind === 'name' ? policy.remote.address.name : '';
  return { code: 'unresolved-peer', text: `the name of the peer, ${host}, has no address` };
}
