import { type ChildSaView, viewChild } from './common/view.ts';
import type { CoreState } from './core-state.ts';
import type { IkeSa } from './ike-sa.ts';

/** What there is now: of one tunnel where it is named, of which there may be thousands. */

export function liveIkeSas(state: CoreState, tunnel: string | undefined): IkeSa[] {
  if (tunnel === undefined) return [...state.ikeSas.values()];
  return [...(state.byTunnel.get(tunnel) ?? [])].flatMap((id) => state.ikeSas.get(id) ?? []);
}

export function liveChildren(state: CoreState, tunnel: string | undefined): ChildSaView[] {
  if (tunnel !== undefined) return (state.children.get(tunnel) ?? []).map(viewChild);
  const views: ChildSaView[] = [];
  for (const children of state.children.values()) for (const child of children) views.push(viewChild(child));
  return views;
}

export function liveChild(state: CoreState, tunnel: string, id: string): ChildSaView | undefined {
  // What is asked for has mostly just been made.
  const child = state.children.get(tunnel)?.findLast((one) => one.id === id);
  return child === undefined ? undefined : viewChild(child);
}
