import { pinned } from './foreign-tunnel.ts';
import type { Remarks, Written } from './written.ts';

/** ESP in UDP on every path, where `forced` tells the other program so. Of AH nothing can go in UDP (RFC 3948). */
export function encapsulationOf(
  forced: Written | undefined,
  protocol: 'esp' | 'ah',
  remarks: Remarks,
): Written | undefined {
  if (forced === undefined) return undefined;
  if (protocol === 'esp') return pinned(forced, 'udp');
  remarks.note(forced.position, 'UDP encapsulation is ignored: AH does not go in UDP');
  return undefined;
}
