import type { AddressFamily, Prefix } from '../base/net.ts';
import { addressBytes, addressFromBytes } from '../base/net.ts';
import {
  FR_ACT_GOTO,
  FR_ACT_NOP,
  FR_ACT_TO_TBL,
  FRA_FWMARK,
  FRA_GOTO,
  FRA_IIFNAME,
  FRA_IP_PROTO,
  FRA_PRIORITY,
  FRA_PROTOCOL,
  FRA_SPORT_RANGE,
  FRA_SRC,
  FRA_TABLE,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  RTM_DELRULE,
  RTM_GETRULE,
  RTM_NEWRULE,
  RTPROT_CYGNET,
} from './constants.ts';
import { familyNumber, readFamily } from './family.ts';
import type { NetlinkWriter } from './netlink.ts';
import { buildMessage, HostReader, parseAttributes } from './netlink.ts';

/** A rule of routing policy: which packets it is for, and what is done with those. Absent is any. */
export type KernelRule = {
  readonly family: AddressFamily;
  /** Rules are tried from the lowest number up. */
  readonly priority: number;
  /** Of one address with length 32: also the source that is not chosen yet, 0.0.0.0. */
  readonly source?: Prefix;
  /** Only packets of this machine itself. */
  readonly ownPackets?: boolean;
  readonly mark?: number;
  readonly protocol?: number;
  readonly sourcePort?: number;
  /** Look into a table; go on with the rule of a higher number; or nothing, as the end of such a jump. */
  readonly action: { readonly table: number } | { readonly goto: number } | 'nothing';
};

/** RTM_NEWRULE, which leaves the same rule alone (EEXIST). Equivalent to: `ip rule add pref … from … lookup … protocol 201` */
export function encodeNewRule(rule: KernelRule): Uint8Array {
  return encodeRule(RTM_NEWRULE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, rule);
}

/** RTM_DELRULE, of ours only. Equivalent to: `ip rule del pref … from … lookup … protocol 201` */
export function encodeDeleteRule(rule: KernelRule): Uint8Array {
  return encodeRule(RTM_DELRULE, NLM_F_REQUEST | NLM_F_ACK, rule);
}

/** RTM_GETRULE. Equivalent to: `ip rule show`, `ip -6 rule show` */
export function encodeDumpRules(family: AddressFamily): Uint8Array {
  return buildMessage(RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP, (writer) => {
    writer.u8(familyNumber(family)).zeros(RULE_HEADER_BYTES - 1);
  });
}

/** The payload of an RTM_NEWRULE: a rule of ours; undefined where it is anyone else's, or says what ours never say. @throws WireError */
export function parseOwnRule(payload: Uint8Array): KernelRule | undefined {
  const header = new HostReader(payload);
  const family = readFamily(header.u8('family'));
  const sourceLength = header.skip(1, 'dst_len').u8('src_len');
  const action = header.skip(4, 'tos').u8('action');
  const attributes = parseAttributes(header.skip(4, 'flags').rest());
  const number = (type: number): number | undefined => {
    const bytes = attributes.get(type);
    return bytes === undefined ? undefined : new HostReader(bytes).u32('rule');
  };
  if (family === undefined || attributes.get(FRA_PROTOCOL)?.[0] !== RTPROT_CYGNET) return undefined;
  const done = parseAction(action, number(FRA_TABLE), number(FRA_GOTO));
  if (done === undefined) return undefined;
  const [mark, source] = [number(FRA_FWMARK), attributes.get(FRA_SRC)];
  const [protocol, ports] = [attributes.get(FRA_IP_PROTO)?.[0], attributes.get(FRA_SPORT_RANGE)];
  return {
    family,
    priority: number(FRA_PRIORITY) ?? 0,
    ...(source === undefined ? {} : { source: { address: addressFromBytes(source), length: sourceLength } }),
    ...(attributes.has(FRA_IIFNAME) ? { ownPackets: true } : {}),
    ...(mark === undefined || mark === 0 ? {} : { mark }),
    ...(protocol === undefined || protocol === 0 ? {} : { protocol }),
    ...(ports === undefined ? {} : { sourcePort: new HostReader(ports).u16('FRA_SPORT_RANGE') }),
    action: done,
  };
}

/** What makes two rules the same. */
export function ruleKey(rule: KernelRule): string {
  const { family, priority, source, ownPackets = false, mark, protocol, sourcePort, action } = rule;
  const from = source === undefined ? '' : `${source.address}/${source.length}`;
  return JSON.stringify([family, priority, from, ownPackets, mark, protocol, sourcePort, action]);
}

function parseAction(action: number, table: number | undefined, target: number | undefined) {
  if (action === FR_ACT_NOP) return 'nothing' as const;
  if (action === FR_ACT_GOTO && target !== undefined) return { goto: target };
  return action === FR_ACT_TO_TBL && table !== undefined ? { table } : undefined;
}

/**
 * `struct fib_rule_hdr` (12 bytes): u8 family, dst_len, src_len, tos, table, reserved, reserved, action; u32 flags. A
 * table above 255 goes in an attribute, as do all of ours.
 */
function encodeRule(type: number, flags: number, rule: KernelRule): Uint8Array {
  const { action } = rule;
  return buildMessage(type, flags, (writer) => {
    writer
      .u8(familyNumber(rule.family))
      .u8(0)
      .u8(rule.source?.length ?? 0)
      .zeros(4);
    writer.u8(actionNumber(action)).u32(0);
    writer.attribute(FRA_PRIORITY, (target) => target.u32(rule.priority));
    writer.attribute(FRA_PROTOCOL, (target) => target.u8(RTPROT_CYGNET));
    writeMatches(writer, rule);
    if (typeof action === 'object' && 'table' in action)
      writer.attribute(FRA_TABLE, (target) => target.u32(action.table));
    if (typeof action === 'object' && 'goto' in action) writer.attribute(FRA_GOTO, (target) => target.u32(action.goto));
  });
}

function actionNumber(action: KernelRule['action']): number {
  if (action === 'nothing') return FR_ACT_NOP;
  return 'table' in action ? FR_ACT_TO_TBL : FR_ACT_GOTO;
}

function writeMatches(writer: NetlinkWriter, { source, ownPackets, mark, protocol, sourcePort }: KernelRule): void {
  if (source !== undefined) writer.attribute(FRA_SRC, (target) => target.bytes(addressBytes(source.address)));
  if (ownPackets === true) writer.attribute(FRA_IIFNAME, (target) => target.text('lo', 3));
  if (mark !== undefined) writer.attribute(FRA_FWMARK, (target) => target.u32(mark));
  if (protocol !== undefined) writer.attribute(FRA_IP_PROTO, (target) => target.u8(protocol));
  // `struct fib_rule_port_range`: first and last.
  if (sourcePort !== undefined) writer.attribute(FRA_SPORT_RANGE, (target) => target.u16(sourcePort).u16(sourcePort));
}

const RULE_HEADER_BYTES = 12;
