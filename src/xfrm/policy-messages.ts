import { addressFamily } from '../base/net.ts';
import { NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST } from '../netlink/constants.ts';
import { familyNumber, readFamily } from '../netlink/family.ts';
import type { NetlinkWriter } from '../netlink/netlink.ts';
import { buildMessage, HostReader, parseAttributes } from '../netlink/netlink.ts';
import type { PolicyDirection, PolicySpec } from '../sa/data-plane.ts';
import {
  XFRM_MODE_TRANSPORT,
  XFRM_MODE_TUNNEL,
  XFRM_MSG_DELPOLICY,
  XFRM_MSG_GETPOLICY,
  XFRM_MSG_NEWPOLICY,
  XFRM_MSG_UPDPOLICY,
  XFRM_POLICY_ALLOW,
  XFRM_POLICY_BLOCK,
  XFRM_POLICY_FWD,
  XFRM_POLICY_IN,
  XFRM_POLICY_OUT,
  XFRM_SHARE_ANY,
  XFRMA_TMPL,
} from './constants.ts';
import { policyPriority } from './policy-priority.ts';
import type { Apart, KernelSelector } from './structs.ts';
import {
  ADDRESS_BYTES,
  LIFETIME_CONFIG_BYTES,
  LIFETIME_CURRENT_BYTES,
  protocolNumber,
  readAddress,
  readApart,
  readProtocol,
  readSelector,
  writeAddress,
  writeApart,
  writeId,
  writeLifetime,
  writeSelector,
} from './structs.ts';

/** What the kernel knows a policy by. */
export type PolicyPlace = Apart & { readonly direction: PolicyDirection; readonly selector: KernelSelector };

/** One entry of the kernel's SPD: what a PolicySpec becomes for one of its kernel selectors. */
export type KernelPolicy = PolicyPlace & {
  readonly action: PolicySpec['action'];
  readonly template?: NonNullable<PolicySpec['template']>;
  readonly precedence?: NonNullable<PolicySpec['precedence']>;
  readonly priority?: number;
};

/**
 * XFRM_MSG_NEWPOLICY, which leaves an existing policy of the same selector alone (EEXIST).
 * Equivalent to: `ip xfrm policy add src … dst … dir … priority … tmpl src … dst … proto … reqid … mode …`
 */
export function encodeNewPolicy(policy: KernelPolicy): Uint8Array {
  return encodePolicy(XFRM_MSG_NEWPOLICY, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, policy);
}

/** XFRM_MSG_UPDPOLICY replaces in one step, without a moment of no policy. Equivalent to: `ip xfrm policy update …` */
export function encodeUpdatePolicy(policy: KernelPolicy): Uint8Array {
  return encodePolicy(XFRM_MSG_UPDPOLICY, NLM_F_REQUEST | NLM_F_ACK, policy);
}

/** XFRM_MSG_DELPOLICY. Equivalent to: `ip xfrm policy delete src … dst … dir …` */
export function encodeDeletePolicy(place: PolicyPlace): Uint8Array {
  return buildMessage(XFRM_MSG_DELPOLICY, NLM_F_REQUEST | NLM_F_ACK, (writer) => writePolicyId(writer, place));
}

/** XFRM_MSG_GETPOLICY for one policy. Equivalent to: `ip xfrm policy get src … dst … dir …` */
export function encodeGetPolicy(place: PolicyPlace): Uint8Array {
  return buildMessage(XFRM_MSG_GETPOLICY, NLM_F_REQUEST | NLM_F_ACK, (writer) => writePolicyId(writer, place));
}

/** XFRM_MSG_GETPOLICY for all. Equivalent to: `ip xfrm policy list` */
export function encodeDumpPolicies(): Uint8Array {
  return buildMessage(XFRM_MSG_GETPOLICY, NLM_F_REQUEST | NLM_F_DUMP, () => {});
}

/** A policy of the kernel's, ours or not. */
export type PolicyView = Apart & {
  /** Undefined for the per-socket policies, which a dump lists too. */
  readonly direction: PolicyDirection | undefined;
  /** Undefined where the selector has no family. */
  readonly selector: KernelSelector | undefined;
  readonly priority: number;
  readonly blocks: boolean;
  readonly template: NonNullable<PolicySpec['template']> | undefined;
};

/** The payload of an XFRM_MSG_NEWPOLICY from the kernel. @throws WireError */
export function parsePolicy(payload: Uint8Array): PolicyView {
  const reader = new HostReader(payload);
  const selector = readSelector(reader);
  reader.skip(LIFETIME_CONFIG_BYTES + LIFETIME_CURRENT_BYTES, 'policy.lft');
  const priority = reader.u32('policy.priority');
  const direction = DIRECTIONS[reader.skip(4, 'policy.index').u8('policy.dir')];
  const blocks = reader.u8('policy.action') === XFRM_POLICY_BLOCK;
  const attributes = parseAttributes(reader.skip(6, 'policy.flags').rest());
  const template = parseTemplate(attributes.get(XFRMA_TMPL));
  return { direction, selector, priority, blocks, template, ...readApart(attributes) };
}

/** The first `struct xfrm_user_tmpl` of an XFRMA_TMPL; undefined where there is none or not for ESP or AH. */
export function parseTemplate(attribute: Uint8Array | undefined): PolicySpec['template'] {
  if (attribute === undefined || attribute.length === 0) return undefined;
  const reader = new HostReader(attribute);
  const daddr = reader.bytes(ADDRESS_BYTES, 'tmpl.daddr');
  const protocol = readProtocol(reader.skip(4, 'tmpl.spi').u8('tmpl.proto'));
  const family = readFamily(reader.skip(3, 'tmpl.id').u16('tmpl.family'));
  const saddr = reader.skip(2, 'tmpl.family').bytes(ADDRESS_BYTES, 'tmpl.saddr');
  const reqid = reader.u32('tmpl.reqid');
  const mode = reader.u8('tmpl.mode') === XFRM_MODE_TUNNEL ? 'tunnel' : 'transport';
  if (protocol === undefined || family === undefined) return undefined;
  return {
    protocol,
    mode,
    reqid,
    source: readAddress(new HostReader(saddr), family, 'tmpl.saddr'),
    destination: readAddress(new HostReader(daddr), family, 'tmpl.daddr'),
  };
}

/**
 * `struct xfrm_userpolicy_info` (168 bytes): xfrm_selector sel; xfrm_lifetime_cfg lft; xfrm_lifetime_cur curlft;
 * u32 priority, index; u8 dir, action, flags, share (+4).
 */
function encodePolicy(type: number, flags: number, policy: KernelPolicy): Uint8Array {
  const { direction, selector, action, template } = policy;
  return buildMessage(type, flags, (writer) => {
    writeSelector(writer, selector);
    writeLifetime(writer, 0);
    writer.zeros(LIFETIME_CURRENT_BYTES);
    writer.u32(policy.priority ?? policyPriority(selector, policy)).u32(0);
    writer.u8(DIRECTION_NUMBERS[direction]).u8(action === 'block' ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW);
    writer.u8(0).u8(XFRM_SHARE_ANY).zeros(4);
    if (template !== undefined) writer.attribute(XFRMA_TMPL, (target) => writeTemplate(target, template));
    writeApart(writer, policy);
  });
}

/**
 * `struct xfrm_user_tmpl` (64 bytes): xfrm_id id; u16 family (+2); xfrm_address_t saddr; u32 reqid; u8 mode, share,
 * optional (+1); u32 aalgos, ealgos, calgos. Not optional in any direction: a packet that the policy covers and that
 * came without protection is dropped. The SA is found by reqid; any algorithm will do.
 */
function writeTemplate(writer: NetlinkWriter, template: NonNullable<PolicySpec['template']>): void {
  const tunnel = template.mode === 'tunnel';
  const family = addressFamily(template.destination);
  if (tunnel) writeId(writer, { ...template, spi: 0 });
  else
    writer
      .zeros(ADDRESS_BYTES + 4)
      .u8(protocolNumber(template.protocol))
      .zeros(3);
  writer.u16(familyNumber(family)).zeros(2);
  if (tunnel) writeAddress(writer, template.source);
  else writer.zeros(ADDRESS_BYTES);
  writer
    .u32(template.reqid)
    .u8(tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT)
    .u8(XFRM_SHARE_ANY)
    .u8(0)
    .zeros(1);
  writer.u32(ANY_ALGORITHM).u32(ANY_ALGORITHM).u32(ANY_ALGORITHM);
}

/** `struct xfrm_userpolicy_id` (64 bytes): xfrm_selector sel; u32 index; u8 dir (+3). */
function writePolicyId(writer: NetlinkWriter, place: PolicyPlace): void {
  writeSelector(writer, place.selector);
  writer.u32(0).u8(DIRECTION_NUMBERS[place.direction]).zeros(3);
  writeApart(writer, place);
}

const DIRECTION_NUMBERS: Readonly<Record<PolicyDirection, number>> = {
  in: XFRM_POLICY_IN,
  out: XFRM_POLICY_OUT,
  fwd: XFRM_POLICY_FWD,
};
const DIRECTIONS: readonly (PolicyDirection | undefined)[] = ['in', 'out', 'fwd'];
const ANY_ALGORITHM = 0xffff_ffff;
