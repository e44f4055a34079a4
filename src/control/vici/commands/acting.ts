import { DONE, refused, type ViciCall, type ViciCommand } from '../command.ts';
import type { ViciSection } from '../message.ts';
import { section, textOf } from '../section.ts';
import { meansChildren, selectChildren, selectIkeSas, selectionOf, selectTunnels } from '../selection.ts';
import type { Selection } from '../vici-api.ts';
import { initiate } from './initiate.ts';
import { terminate } from './terminate.ts';

/** What changes the SAs. */
export const ACTING: Readonly<Record<string, ViciCommand>> = {
  initiate: { summary: 'brings up a child, or all children of a connection', run: initiate },
  terminate: { summary: 'deletes IKE SAs or Child SAs, at the peer too', run: terminate },
  rekey: { summary: 'makes successors of IKE SAs or Child SAs', run: rekey },
  install: {
    summary: 'has a child wait for traffic, or pass or drop it',
    run: (request, call) => trap(request, call, true),
  },
  uninstall: { summary: 'has a child no longer do so', run: (request, call) => trap(request, call, false) },
};

function rekey(request: ViciSection, { api }: ViciCall): ViciSection {
  const selection = selectionOf(request);
  if (selection === undefined) return refused('missing rekey selector');
  const matches = meansChildren(selection)
    ? rekeyChildren(api, selection)
    : rekeyIkeSas(api, selection, textOf(request, 'reauth') === 'yes');
  if (matches === 0) return section({ success: 'no', matches, errmsg: 'no matching SAs to rekey found' });
  return section({ success: 'yes', matches });
}

/** Returns how many there are. */
function rekeyChildren(api: ViciCall['api'], selection: Selection): number {
  const children = selectChildren(api.ikeSas(selection), selection);
  for (const { tunnel, uniqueId } of children) api.rekeyChild(tunnel, uniqueId);
  return children.length;
}

function rekeyIkeSas(api: ViciCall['api'], selection: Selection, anew: boolean): number {
  const found = selectIkeSas(api.ikeSas(selection), selection).filter(({ state }) => state === 'ESTABLISHED');
  for (const { uniqueId } of found) api.rekeyIke(uniqueId, anew);
  return found.length;
}

function trap(request: ViciSection, { api }: ViciCall, set: boolean): ViciSection {
  const child = textOf(request, 'child');
  if (child === undefined) return refused('missing configuration name');
  const ike = textOf(request, 'ike');
  const [tunnel] = selectTunnels(api.tunnels({ ike, child }), ike, child);
  const [shunt] = selectTunnels(api.shunts(), ike, child);
  if (tunnel !== undefined) return doneUnless(api.setTrap(tunnel.name, set));
  if (shunt !== undefined) return doneUnless(api.setShunt(shunt.name, set));
  return refused(set ? 'configuration name not found' : `policy '${child}' not found`);
}

function doneUnless(why: string | undefined): ViciSection {
  return why === undefined ? DONE : refused(why);
}
