import { DONE, refused, type ViciCall, type ViciCommand } from '../command.ts';
import type { ViciSection } from '../message.ts';
import { section, textOf } from '../section.ts';
import {
  meansChildren,
  type Selection,
  selectChildren,
  selectIkeSas,
  selectionOf,
  selectTunnels,
} from '../selection.ts';
import { initiate } from './initiate.ts';
import { terminate } from './terminate.ts';

/** What changes the SAs. */
export const ACTING: Readonly<Record<string, ViciCommand>> = {
  initiate: { summary: 'brings up a child, or all children of a connection', run: initiate },
  terminate: { summary: 'deletes IKE SAs or Child SAs, at the peer too', run: terminate },
  rekey: { summary: 'makes successors of IKE SAs or Child SAs', run: rekey },
  install: { summary: 'has a child wait for traffic', run: (request, call) => trap(request, call, true) },
  uninstall: { summary: 'has a child no longer wait for traffic', run: (request, call) => trap(request, call, false) },
};

function rekey(request: ViciSection, { api }: ViciCall): ViciSection {
  const selection = selectionOf(request);
  if (selection === undefined) return refused('missing rekey selector');
  if (textOf(request, 'reauth') === 'yes')
    return refused('not supported: reauthentication on demand; rekey makes new keys, or terminate and initiate');
  const { tunnels, matches } = rekeyed(api.ikeSas(), selection);
  if (matches === 0) return section({ success: 'no', matches: 0, errmsg: 'no matching SAs to rekey found' });
  for (const tunnel of tunnels) api.rekey(tunnel, meansChildren(selection) ? 'child' : 'ike');
  return section({ success: 'yes', matches });
}

/** Rekeying is the affair of a tunnel: where it has several Child SAs, all of them get successors. */
function rekeyed(ikeSas: ReturnType<ViciCall['api']['ikeSas']>, selection: Selection) {
  if (meansChildren(selection)) {
    const children = selectChildren(ikeSas, selection);
    return { tunnels: new Set(children.map(({ tunnel }) => tunnel)), matches: children.length };
  }
  const found = selectIkeSas(ikeSas, selection).filter(({ state }) => state === 'ESTABLISHED');
  // The IKE SA is that of all of its tunnels: one of them is enough.
  return { tunnels: new Set(found.flatMap(({ tunnels }) => tunnels.slice(0, 1))), matches: found.length };
}

function trap(request: ViciSection, { api }: ViciCall, set: boolean): ViciSection {
  const child = textOf(request, 'child');
  if (child === undefined) return refused('missing configuration name');
  const [tunnel] = selectTunnels(api, textOf(request, 'ike'), child);
  if (tunnel === undefined) return refused(set ? 'configuration name not found' : `policy '${child}' not found`);
  const why = api.setTrap(tunnel.name, set);
  return why === undefined ? DONE : refused(why);
}
