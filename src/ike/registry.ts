import type { Endpoint } from '../base/net.ts';
import type { Context } from './common/context.ts';
import { addHalfOpen, removeHalfOpen } from './common/half-open.ts';
import { tunnelsOf } from './common/sharing.ts';
import type { CoreState } from './core-state.ts';
import { type IkeSa, isSettled, ownSpi } from './ike-sa.ts';

/** Makes a new IKE SA known under its SPI and, for a responder, under its initiator. */
export function addIkeSa(state: CoreState, sa: IkeSa): void {
  state.ikeSas.set(sa.id, sa);
  state.spis.set(ownSpi(sa), sa.id);
  state.connecting.add(sa.id);
  if (sa.role === 'responder') {
    state.initiators.set(initiatorKey(sa.origin, sa.initiatorSpi), sa.id);
    addHalfOpen(state.halfOpen, sa.id, sa.remote.address);
  }
}

/** The same for one that succeeds another: it is authenticated, and nobody addresses it without its SPI. */
export function addSuccessor(state: CoreState, sa: IkeSa): void {
  state.ikeSas.set(sa.id, sa);
  state.spis.set(ownSpi(sa), sa.id);
  indexIkeSa(state, sa);
}

/**
 * Follows what one input has made of an IKE SA: the tunnels it belongs to, and whether it still is half-open.
 * Returns true when the IKE SA has just become established and its first Child SA is settled.
 */
export function indexIkeSa(state: CoreState, sa: IkeSa): boolean {
  indexTunnels(state, sa);
  if (sa.phase !== 'established' && sa.phase !== 'replaced') return false;
  removeHalfOpen(state.halfOpen, sa.id);
  if (isSettled(sa)) return state.connecting.delete(sa.id);
  state.connecting.add(sa.id);
  return false;
}

/** The IKE SA is closed: nothing of it stays, its timers included. */
export function forgetIkeSa(
  run: Pick<Context, 'clearTimer'> & { readonly bereft: Set<string> },
  state: CoreState,
  sa: IkeSa,
): void {
  for (const name of [...(state.timers.get(sa.id)?.keys() ?? [])]) run.clearTimer(sa.id, name);
  state.timers.delete(sa.id);
  state.ikeSas.delete(sa.id);
  state.spis.delete(ownSpi(sa));
  state.connecting.delete(sa.id);
  state.initiators.delete(initiatorKey(sa.origin, sa.initiatorSpi));
  removeHalfOpen(state.halfOpen, sa.id);
  for (const tunnel of state.tunnelsOf.get(sa.id) ?? []) {
    removeFromTunnel(state, tunnel, sa.id);
    run.bereft.add(tunnel);
  }
  state.tunnelsOf.delete(sa.id);
}

/** An initiator repeats IKE_SA_INIT before it knows our SPI; its endpoint and its own SPI tell it apart. */
export function initiatorKey(origin: Endpoint, initiatorSpi: string): string {
  return `${origin.address}|${origin.port}|${initiatorSpi}`;
}

function indexTunnels(state: CoreState, sa: IkeSa): void {
  const before = state.tunnelsOf.get(sa.id) ?? [];
  const now = tunnelsOf(sa);
  if (before.length === now.length && before.every((tunnel, index) => tunnel === now[index])) return;
  for (const tunnel of before) if (!now.includes(tunnel)) removeFromTunnel(state, tunnel, sa.id);
  for (const tunnel of now) {
    const ids = state.byTunnel.get(tunnel);
    if (ids === undefined) state.byTunnel.set(tunnel, new Set([sa.id]));
    else ids.add(sa.id);
  }
  state.tunnelsOf.set(sa.id, now);
}

function removeFromTunnel(state: CoreState, tunnel: string, ikeSa: number): void {
  const ids = state.byTunnel.get(tunnel);
  if (ids?.delete(ikeSa) === true && ids.size === 0) state.byTunnel.delete(tunnel);
}
