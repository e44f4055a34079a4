import { DONE, refused, type ViciCall } from '../command.ts';
import type { ViciSection } from '../message.ts';
import { textOf } from '../section.ts';
import { selectTunnels } from '../selection.ts';
import type { ViciTunnel } from '../vici-api.ts';
import { untilNews, waitingOf } from '../waiting.ts';

type Outcome = { readonly why: string | undefined };

/**
 * Brings up one child, or all of a connection, and waits for the first result of each. Limits of ours keep no attempt of
 * our own from being made, whatever `init-limits` says.
 */
export async function initiate(request: ViciSection, call: ViciCall): Promise<ViciSection> {
  const child = textOf(request, 'child');
  const ike = textOf(request, 'ike');
  if (child === undefined && ike === undefined) return refused('missing configuration name');
  const tunnels = selectTunnels(call.api.tunnels({ ike, child }), ike, child);
  if (child !== undefined && tunnels.length === 0 && selectTunnels(call.api.shunts(), ike, child).length > 0)
    return refused(`establishing CHILD_SA '${child}' failed: it has no SA, and is put in force by install`);
  if (tunnels.length === 0)
    return refused(child === undefined ? `IKE_SA config '${ike}' not found` : `CHILD_SA config '${child}' not found`);
  const waiting = waitingOf(request);
  const outcome = await untilNews<Outcome>(call, {
    ...waiting,
    tunnels: new Set(tunnels.map(({ name }) => name)),
    ...attempts(call, tunnels),
  });
  if (outcome === undefined)
    return waiting.timeout < 0 ? DONE : refused(`${what(tunnels)} not established after ${waiting.timeout}ms`);
  return outcome.why === undefined ? DONE : refused(outcome.why);
}

/** It has succeeded once every one of them has, and failed with the first that has failed. */
function attempts({ api }: ViciCall, tunnels: readonly ViciTunnel[]) {
  let impossible: string | undefined;
  return {
    begin: (): void => {
      for (const { name } of tunnels) if (api.standing(name).kind !== 'connected') impossible ??= api.initiate(name);
    },
    outcome: (): Outcome | undefined => {
      if (impossible !== undefined) return { why: impossible };
      const standings = tunnels.map(({ name, child }) => ({ child, standing: api.standing(name) }));
      for (const { child, standing } of standings)
        if (standing.kind === 'failed') return { why: `establishing CHILD_SA '${child}' failed: ${standing.why}` };
      return standings.every(({ standing }) => standing.kind === 'connected') ? { why: undefined } : undefined;
    },
  };
}

function what(tunnels: readonly ViciTunnel[]): string {
  return tunnels.map(({ child }) => `CHILD_SA '${child}'`).join(', ');
}
