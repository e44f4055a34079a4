import { pinned } from './foreign-tunnel.ts';
import type { Section } from './swanctl-sections.ts';
import type { Tree } from './value-tree.ts';
import { listOf, mapOf } from './value-tree.ts';
import type { Remarks, Written } from './written.ts';

/** The keys of `ipsec` for what a child says of its SAs and policies; what it leaves at its default is left out. */
export function attributesOf(
  child: Section,
  connection: Section,
  remarks: Remarks,
): Readonly<Record<string, Tree | undefined>> {
  const dscp = child.get('copy_dscp');
  return {
    ...setApart(child, connection),
    markInSa: markOf(child, 'mark_in') && onlyWhere(child.get('mark_in_sa'), true),
    setMark: inOut({ in: setMark(child, 'in', remarks), out: setMark(child, 'out', remarks) }),
    reqid: unlessZero(child.get('reqid')),
    priority: unlessZero(child.get('priority')),
    policies: onlyWhere(child.get('policies'), false),
    forwardOut: onlyWhere(child.get('policies_fwd_out'), true),
    replayWindow: child.get('replay_window'),
    copyDf: onlyWhere(child.get('copy_df'), false),
    copyEcn: onlyWhere(child.get('copy_ecn'), false),
    inactivity: inactivityOf(child, remarks),
    copyDscp: dscp === undefined ? undefined : pinned(dscp, DSCP.get(dscp.text) ?? dscp.text),
  };
}

/** strongSwan starts what has start_action = start once; here it is started again for as long as it is configured. */
function inactivityOf(child: Section, remarks: Remarks): Written | undefined {
  const written = child.get('inactivity');
  if (written === undefined || /^0[smhd]?$/.test(written.text)) return undefined;
  const isKeptUp = child.get('start_action')?.text.includes('start') === true;
  if (!isKeptUp) return /^\d+$/.test(written.text) ? pinned(written, `${written.text}s`) : written;
  const sentence = 'a tunnel with start_action = start is up all the time, used or not; write trap';
  if (remarks.strict) remarks.refuse(written.position, `not supported: ${sentence}`);
  else remarks.note(written.position, `inactivity is ignored: ${sentence}`);
  return undefined;
}

/** strongSwan hands it to a shell; here it is a program with arguments, which no shell sees. */
export function updownOf(child: Section, remarks: Remarks): Tree | undefined {
  const written = child.get('updown');
  if (written === undefined) return undefined;
  if (/["'`$&|;<>()\\*?]/.test(written.text)) {
    remarks.refuse(
      written.position,
      'no shell runs it: write a program and its arguments, without quotes and the like',
    );
    return undefined;
  }
  const words = written.text.split(/\s+/).filter((word) => word !== '');
  return listOf(
    written.position,
    words.map((word) => pinned(written, word)),
  );
}

/** What tells its packets from others between the same segments. */
export function setApart(child: Section, connection: Section): Readonly<Record<string, Tree | undefined>> {
  const ifId = (key: string) => unlessZero(child.get(key)) ?? unlessZero(connection.get(key));
  return {
    ifId: inOut({ in: numbering(ifId('if_id_in')), out: numbering(ifId('if_id_out')) }),
    mark: inOut({ in: numbering(markOf(child, 'mark_in')), out: numbering(markOf(child, 'mark_out')) }),
  };
}

/** `%same` is the mark of that direction. */
function setMark(child: Section, direction: 'in' | 'out', remarks: Remarks): Written | undefined {
  const written = markOf(child, `set_mark_${direction}`);
  if (written === undefined || !written.text.startsWith('%same')) return numbering(written);
  const mark = child.get(`mark_${direction}`);
  if (mark !== undefined && written.text === '%same') return numbering(pinned(written, mark.text));
  remarks.refuse(written.position, `%same is the mark that mark_${direction} sets; write a number`);
  return undefined;
}

/** 0 under a mask of 0, the default, is no mark. */
function markOf(child: Section, key: string): Written | undefined {
  const written = child.get(key);
  return written === undefined || /^(0x)?0+(\/(0x)?0+)?$/.test(written.text) ? undefined : written;
}

function numbering(written: Written | undefined): Written | undefined {
  return written === undefined ? undefined : pinned(written, written.text.replace(/^%/, ''));
}

function unlessZero(written: Written | undefined): Written | undefined {
  return written === undefined || /^(0x)?0+$/.test(written.text) ? undefined : written;
}

function inOut(both: Readonly<Record<'in' | 'out', Written | undefined>>): Tree | undefined {
  const first = both.in ?? both.out;
  return first === undefined ? undefined : mapOf(first.position, both);
}

/** A flag where it is not at its default. */
function onlyWhere(written: Written | undefined, wanted: boolean): Written | undefined {
  if (written === undefined) return undefined;
  const meant = YES.has(written.text) ? true : NO.has(written.text) ? false : undefined;
  if (meant === undefined) return written;
  return meant === wanted ? pinned(written, String(wanted)) : undefined;
}

const YES: ReadonlySet<string> = new Set(['yes', 'true', 'enabled', '1']);
const NO: ReadonlySet<string> = new Set(['no', 'false', 'disabled', '0']);
const DSCP: ReadonlyMap<string, string> = new Map([
  ['yes', 'both'],
  ['no', 'none'],
]);
