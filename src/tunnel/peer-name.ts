import { addressInTurn } from '../ike/common/peer-places.ts';
import type { PeerAddress } from '../ike/common/policy.ts';
import type { Reason } from '../ike/common/reason.ts';
import type { ServiceRun } from './service-run.ts';
import type { TunnelState } from './tunnel-state.ts';

type Purpose = 'attempt' | 'trap';

/** Asks for the address of a peer that is given by name, for an attempt or to set a trap. */
export function resolvePeer(run: ServiceRun, tunnel: TunnelState, purpose: Purpose): void {
  const address = asked(tunnel, purpose);
  if (address.kind !== 'name') return;
  tunnel.resolving = purpose;
  run.effects.push({ kind: 'resolve', tunnel: tunnel.policy.name, name: address.name });
}

export function unresolved(tunnel: TunnelState, purpose: Purpose): Reason {
  const address = asked(tunnel, purpose);
  const host = address.kind === 'name' ? address.name : '';
  return { code: 'unresolved-peer', text: `the name of the peer, ${host}, has no address` };
}

/** Of several addresses a trap has the first one. */
function asked({ policy, attempt }: TunnelState, purpose: Purpose): PeerAddress {
  return purpose === 'trap' ? policy.remote.address : addressInTurn(policy, attempt);
}
