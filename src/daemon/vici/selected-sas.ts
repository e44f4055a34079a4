import type { Configuration } from '../../config/configuration.ts';
import type { Selection } from '../../control/vici/vici-api.ts';
import type { ChildSaView, IkeSaView } from '../../ike/common/view.ts';
import { tunnelsServedBy } from './sas.ts';
import { tunnelsCalled } from './vici-names.ts';
import type { LiveSas } from './watch.ts';

/**
 * The SAs that a selection may mean: those of the tunnels that it names, and of all others that share an IKE SA with them,
 * so that what belongs to each IKE SA is complete. All where it names no tunnel and no IKE SA.
 */
export function selectedSas(
  live: LiveSas,
  configuration: Configuration,
  selection: Selection | undefined,
): { readonly views: readonly IkeSaView[]; readonly children: readonly ChildSaView[] } {
  const named = selection === undefined ? undefined : tunnelsNamed(live, configuration, selection);
  if (named === undefined) return { views: live.views(), children: live.children() };
  const served = named.flatMap((tunnel) => live.views(tunnel)).flatMap(tunnelsServedBy);
  const tunnels = [...new Set([...named, ...served])];
  const views = new Map(tunnels.flatMap((tunnel) => live.views(tunnel)).map((view) => [view.id, view]));
  return {
    views: [...views.values()].sort((a, b) => a.id - b.id),
    children: tunnels.flatMap((tunnel) => live.children(tunnel)),
  };
}

function tunnelsNamed(
  live: LiveSas,
  configuration: Configuration,
  { ike, ikeId, child }: Selection,
): readonly string[] | undefined {
  if (ikeId !== undefined) return live.tunnelsOf(Number(ikeId));
  if (ike === undefined && child === undefined) return undefined;
  const found = tunnelsCalled(configuration, { ike, child: ike === undefined ? child : undefined });
  const instances = found.flatMap(({ name, policy }) => (policy.many === undefined ? [] : live.instancesOf(name)));
  // One that is no longer configured may still have SAs, under its own name.
  return [...new Set([ike ?? child ?? '', ...found.map(({ name }) => name), ...instances])];
}
