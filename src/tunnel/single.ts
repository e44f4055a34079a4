import type { SingleCommand } from '../ike/common/input.ts';
import { clearRetry } from './pace.ts';
import { rest } from './rest.ts';
import type { ServiceRun } from './service-run.ts';
import { awaitTraffic } from './traps.ts';
import type { TunnelState } from './tunnel-state.ts';

/**
 * Acts on one SA. What the operator has ended is not made again by us: a tunnel without any other Child SA is left to the
 * peer, or to the traffic that it waits for, and one that has others does without this one as long as it has them.
 */
export function actOnOne(run: ServiceRun, tunnels: ReadonlyMap<string, TunnelState>, command: SingleCommand): void {
  const losses = [...tunnels.values()].flatMap((tunnel) => lossOf(run, tunnel, command) ?? []);
  for (const loss of losses) settle(run, loss);
  run.command(command);
  run.follow();
  for (const { tunnel } of losses)
    if (tunnel.desired === 'traffic' && tunnel.children.size === 0) awaitTraffic(run, tunnel);
}

/** What a tunnel loses by it: those of its Child SAs that go. */
type Loss = { readonly tunnel: TunnelState; readonly gone: ReadonlySet<string> };

function lossOf(run: ServiceRun, tunnel: TunnelState, command: SingleCommand): Loss | undefined {
  if (tunnel.desired === 'down') return undefined;
  const { name } = tunnel.policy;
  if (command.kind === 'end-child') {
    const isThere = command.tunnel === name && run.childrenOf(name).some(({ id }) => id === command.child);
    return isThere ? { tunnel, gone: new Set([command.child]) } : undefined;
  }
  if (command.kind !== 'end-ike') return undefined;
  const ikeSa = run.ikeSasOf(name).find(({ id }) => id === command.ikeSa);
  if (ikeSa === undefined) return undefined;
  // In IKEv1 they outlive the IKE SA that made them, and are all those of the one that stands.
  const all = ikeSa.version === 1 && ikeSa.state === 'established';
  const gone = run.childrenOf(name).filter((child) => all || child.ikeSa === ikeSa.id);
  return { tunnel, gone: new Set(gone.map(({ id }) => id)) };
}

function settle(run: ServiceRun, { tunnel, gone }: Loss): void {
  const left = [...tunnel.children].filter((child) => !gone.has(child));
  if (left.length === 0) return rest(run, tunnel, tunnel.desired === 'traffic' ? 'traffic' : 'peer');
  if (gone.size === 0 || tunnel.desired !== 'up') return;
  tunnel.partial = true;
  clearRetry(run, tunnel);
}
