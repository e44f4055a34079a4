import { renameKeys } from '../base/rename-keys.ts';
import type { DataPlaneStep } from '../sa/data-plane.ts';
import type { CoreState } from './core-state.ts';
import type { Run } from './run.ts';
import { moveTrap } from './traps.ts';

/**
 * Tunnels go on under other names: `renamed` has the new name of each by the old. Nothing of theirs is touched but what
 * the name stands on; what the data plane holds of Child SAs goes by their own ids, which stay.
 */
export function renameTunnels(run: Run, state: CoreState, renamed: ReadonlyMap<string, string>): void {
  const nameOf = (tunnel: string): string => renamed.get(tunnel) ?? tunnel;
  for (const sa of state.ikeSas.values()) renameWithin(sa, renamed);
  for (const [id, tunnels] of state.tunnelsOf) state.tunnelsOf.set(id, tunnels.map(nameOf));
  for (const child of [...state.children.values()].flat()) child.tunnel = nameOf(child.tunnel);
  for (const [request, owner] of state.requests)
    if (typeof owner === 'string') state.requests.set(request, nameOf(owner));
  for (const [request, move] of state.moves) state.moves.set(request, { ...move, tunnel: nameOf(move.tunnel) });
  renameKeys(state.children, renamed);
  renameKeys(state.byTunnel, renamed);
  renameKeys(state.use, renamed);
  const closed = [...state.closedTunnels].map(nameOf);
  state.closedTunnels.clear();
  for (const tunnel of closed) state.closedTunnels.add(tunnel);
  moveTimers(run, state, renamed);
  const steps = moveTraps(run, state, renamed);
  if (steps.length > 0) run.requestCleanUp({ kind: 'apply', steps });
}

/**
 * Whatever of an IKE SA names a tunnel, also in what is under way, calls it `tunnel` or lists it in `guests` or `refused`.
 * The state is plain data, so that all of it can be walked through.
 */
function renameWithin(value: unknown, renamed: ReadonlyMap<string, string>): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (Array.isArray(value) || value instanceof Map || value instanceof Set) {
    for (const inner of value.values()) renameWithin(inner, renamed);
    return;
  }
  const fields = value as Record<string, unknown>;
  for (const [key, inner] of Object.entries(fields)) {
    const name = NAMES.has(key) ? renamedValue(inner, renamed) : undefined;
    if (name === undefined) renameWithin(inner, renamed);
    else fields[key] = name;
  }
}

const NAMES: ReadonlySet<string> = new Set(['tunnel', 'guests', 'refused']);

/** Undefined for what is no name, such as what IKEv1 has refused. */
function renamedValue(value: unknown, renamed: ReadonlyMap<string, string>): string | string[] | undefined {
  if (typeof value === 'string') return renamed.get(value) ?? value;
  return Array.isArray(value) ? value.map((name: string) => renamed.get(name) ?? name) : undefined;
}

function moveTimers(run: Run, state: CoreState, renamed: ReadonlyMap<string, string>): void {
  const moved = [...renamed].map(([from, to]) => ({ from, to, timers: [...(state.timers.get(from) ?? [])] }));
  for (const { from, timers } of moved) for (const [name] of timers) run.clearTimer(from, name);
  for (const { to, timers } of moved) for (const [name, at] of timers) run.setTimer(to, name, at);
}

function moveTraps(run: Run, state: CoreState, renamed: ReadonlyMap<string, string>): DataPlaneStep[] {
  const moved = [...renamed].flatMap(([from, to]) => {
    const trap = state.traps.get(from);
    return trap === undefined ? [] : { from, to, trap };
  });
  for (const { from, trap } of moved) {
    state.traps.delete(from);
    run.index.dropTrap(from, trap.reqid);
  }
  for (const { to, trap } of moved) {
    state.traps.set(to, trap);
    run.index.addTrap(to, trap.reqid);
  }
  return moved.flatMap(({ from, to, trap }) => moveTrap(trap, from, to));
}
