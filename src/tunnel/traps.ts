import type { IpAddress } from '../base/net.ts';
import { clearRetry } from './pace.ts';
import { resolvePeer } from './peer-name.ts';
import type { ServiceRun } from './service-run.ts';
import type { TunnelState } from './tunnel-state.ts';

/**
 * Nothing more is tried until a packet asks for the tunnel (`start: on-traffic`). The trap is set anew, so that the very
 * next packet is told of.
 */
export function awaitTraffic(run: ServiceRun, tunnel: TunnelState): void {
  clearRetry(run, tunnel);
  tunnel.attemptsLeft = 0;
  tunnel.packet = undefined;
  const { address } = tunnel.policy.remote;
  if (address.kind === 'name' && tunnel.address === undefined) resolvePeer(run, tunnel, 'trap');
  else setTrap(run, tunnel);
}

/** For `start: on-traffic` it stays under the Child SAs; for `dpd.action: hold` it goes when they are back. */
export function setTrap(run: ServiceRun, tunnel: TunnelState): void {
  tunnel.trapped = true;
  run.command({ kind: 'trap', tunnel: tunnel.policy.name, set: true, ...addressOf(tunnel) });
}

export function removeTrap(run: ServiceRun, tunnel: TunnelState): void {
  if (!tunnel.trapped) return;
  tunnel.trapped = false;
  run.command({ kind: 'trap', tunnel: tunnel.policy.name, set: false });
}

function addressOf({ policy, address }: TunnelState): { readonly remote?: IpAddress } {
  return policy.remote.address.kind === 'name' && address !== undefined ? { remote: address } : {};
}
