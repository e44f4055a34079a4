import { moveRetry } from './pace.ts';
import { resolvePeer } from './peer-name.ts';
import type { ServiceRun } from './service-run.ts';
import type { ManagedTunnel, TunnelState } from './tunnel-state.ts';
import { newTunnelState } from './tunnel-state.ts';
import { renewedState, startsOver, type TunnelUpdate } from './tunnel-update.ts';

/** What a new set of tunnels makes of the tunnels that are there. */
export type Reconfiguration = {
  /** All tunnels, by name. */
  readonly tunnels: ReadonlyMap<string, TunnelState>;
  /** Those that are gone or start over, as they were. */
  readonly ended: readonly TunnelState[];
  /** Those that are new or start over. */
  readonly fresh: readonly TunnelState[];
  readonly kept: readonly Kept[];
};

type Kept = { readonly state: TunnelState; readonly tunnel: ManagedTunnel; readonly update: TunnelUpdate | undefined };

/** Decides it; nothing is changed. `updates` are told by the new name. */
export function planReconfiguration(
  current: ReadonlyMap<string, TunnelState>,
  wanted: readonly ManagedTunnel[],
  updates: ReadonlyMap<string, TunnelUpdate>,
): Reconfiguration {
  const tunnels = new Map<string, TunnelState>();
  const kept: Kept[] = [];
  const fresh: TunnelState[] = [];
  for (const tunnel of wanted) {
    const { name } = tunnel.policy;
    const update = updates.get(name);
    const before = current.get(update?.was ?? name);
    if (before !== undefined && (update === undefined || !startsOver(before, update, tunnel))) {
      kept.push({ state: before, tunnel, update });
      tunnels.set(name, before);
    } else {
      const state = before === undefined ? newTunnelState(tunnel) : renewedState(before, tunnel);
      fresh.push(state);
      tunnels.set(name, state);
    }
  }
  const stay = new Set(kept.map(({ state }) => state));
  return { tunnels, kept, fresh, ended: [...current.values()].filter((state) => !stay.has(state)) };
}

/** Gives those that stay their new policies; returns the new name of each that has one, by the old. */
export function takePolicies(run: ServiceRun, kept: readonly Kept[]): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>();
  const moves: (() => void)[] = [];
  for (const { state, tunnel } of kept) {
    const { name } = state.policy;
    const isRenamed = tunnel.policy.name !== name;
    if (isRenamed) {
      renamed.set(name, tunnel.policy.name);
      const setAgain = moveRetry(run, state);
      moves.push(() => {
        setAgain();
        // The answer will come under the old name.
        if (state.resolving !== undefined) resolvePeer(run, state, state.resolving);
      });
    }
    state.policy = tunnel.policy;
  }
  // Two may change their names with each other: what goes by the old ones ends first.
  for (const move of moves) move();
  return renamed;
}
