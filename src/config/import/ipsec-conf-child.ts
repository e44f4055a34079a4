import { namesGroup, proposalsOf } from './algorithms.ts';
import { childModeOf } from './child-mode.ts';
import { encapsulationOf } from './encapsulation.ts';
import { pinned } from './foreign-tunnel.ts';
import type { Get } from './ipsec-conf-sections.ts';
import type { TreeMap } from './value-tree.ts';
import { mapOf } from './value-tree.ts';
import type { Remarks, Written } from './written.ts';

/** What a conn says about its Child SAs. */
export function childOf(name: Written, version: 1 | 2, get: Get, remarks: Remarks): TreeMap {
  const ah = get('ah');
  const phase2 = get('phase2');
  const protocol = ah !== undefined || phase2?.text === 'ah' ? 'ah' : 'esp';
  const written = protocol === 'ah' ? (ah ?? get('phase2alg')) : (get('esp') ?? get('phase2alg'));
  const esp = get('esp');
  if (ah !== undefined && esp !== undefined) remarks.refuse(esp.position, 'ah and esp in one conn exclude each other');
  tellOfPfs(written ?? name, get('pfs'), remarks);
  return mapOf(name.position, {
    protocol: pinned(ah ?? phase2 ?? written ?? name, protocol),
    mode: childModeOf(get('type'), remarks),
    encapsulation: encapsulationOf(forcedBy(get, remarks), protocol, remarks),
    proposals: proposalsOf(written ?? pinned(name, 'default'), protocol, version, remarks),
    lifetime: get('lifetime') ?? get('keylife') ?? get('salifetime') ?? pinned(name, '1h'),
    lifetimeBytes: usage(get('lifebytes')),
    lifetimePackets: usage(get('lifepackets')),
  });
}

/** strongSwan knows no pfs; the platform's own files say no beside a group. */
function tellOfPfs(algorithms: Written, pfs: Written | undefined, remarks: Remarks): void {
  if (pfs === undefined) return;
  const group = namesGroup(algorithms);
  if (pfs.text === 'no' && group)
    remarks.note(
      pfs.position,
      `pfs=no contradicts the group in ${algorithms.text}; strongSwan goes by the group, so PFS stays on`,
    );
  else if (pfs.text === 'yes' && !group)
    remarks.note(
      pfs.position,
      'pfs=yes names no group, and strongSwan wants it in esp: there is no PFS, unless you write it there',
    );
}

/** strongSwan's key, which Openswan has as well, and libreswan's own, whose `no` is none with NAT traversal either. */
function forcedBy(get: Get, remarks: Remarks): Written | undefined {
  const written = get('encapsulation');
  if (written?.text === 'no')
    remarks.note(written.position, 'encapsulation=no is ignored: ESP goes into UDP where a NAT is found');
  return [get('forceencaps'), written].find((one) => one?.text === 'yes');
}

/** 0 is no limit. */
function usage(written: Written | undefined): Written | undefined {
  return written === undefined || /^0*$/.test(written.text) ? undefined : written;
}
