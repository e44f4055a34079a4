import { pinned } from './foreign-tunnel.ts';
import { plainValue, type TreeMap } from './value-tree.ts';
import type { Remarks, Written } from './written.ts';

/** Tunnel mode where nothing is said. What else strongSwan has would not protect what a tunnel is meant to. */
export function childModeOf(written: Written | undefined, remarks: Remarks): Written | undefined {
  if (written === undefined || written.text === 'tunnel') return undefined;
  if (written.text === 'transport') return written;
  remarks.refuse(written.position, 'only tunnel and transport mode are supported');
  return undefined;
}

/** Transport mode is bound to its addresses, so that there the IKE SA stays with them, too. */
export function ikeInMode(ike: TreeMap, mode: Written | undefined, remarks: Remarks): TreeMap {
  const mobike = ike.entries.get('mobike');
  if (mode?.text !== 'transport' || mobike === undefined || plainValue(mobike) !== 'true') return ike;
  remarks.note(mode.position, 'a tunnel in transport mode stays with its addresses: mobike is off');
  return { ...ike, entries: new Map([...ike.entries, ['mobike', pinned(mode, 'false')]]) };
}
