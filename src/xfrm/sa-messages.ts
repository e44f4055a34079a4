import type { IpAddress } from '../base/net.ts';
import { addressFamily } from '../base/net.ts';
import { SECOND } from '../base/time.ts';
import { encryptionAlgorithm, integrityAlgorithm } from '../crypto/algorithms.ts';
import { NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST } from '../netlink/constants.ts';
import { familyNumber } from '../netlink/family.ts';
import type { NetlinkWriter } from '../netlink/netlink.ts';
import { buildMessage } from '../netlink/netlink.ts';
import type { HeaderCopying, Mark, SaKey, SaSpec } from '../sa/data-plane.ts';
import type { ChildProtocol } from '../sa/proposal.ts';
import {
  UDP_ENCAP_ESPINUDP,
  XFRM_MODE_TRANSPORT,
  XFRM_MODE_TUNNEL,
  XFRM_MSG_ALLOCSPI,
  XFRM_MSG_DELSA,
  XFRM_MSG_GETSA,
  XFRM_MSG_NEWSA,
  XFRM_MSG_UPDSA,
  XFRM_SA_XFLAG_DONT_ENCAP_DSCP,
  XFRM_STATE_AF_UNSPEC,
  XFRM_STATE_ALIGN4,
  XFRM_STATE_DECAP_DSCP,
  XFRM_STATE_ESN,
  XFRM_STATE_NOECN,
  XFRM_STATE_NOPMTUDISC,
  XFRMA_ALG_AEAD,
  XFRMA_ALG_AUTH_TRUNC,
  XFRMA_ALG_CRYPT,
  XFRMA_ENCAP,
  XFRMA_REPLAY_ESN_VAL,
  XFRMA_SA_EXTRA_FLAGS,
  XFRMA_SET_MARK,
  XFRMA_SET_MARK_MASK,
} from './constants.ts';
import type { XfrmId } from './structs.ts';
import {
  ADDRESS_BYTES,
  LIFETIME_CONFIG_BYTES,
  LIFETIME_CURRENT_BYTES,
  protocolNumber,
  SELECTOR_BYTES,
  STATS_BYTES,
  writeAddress,
  writeApart,
  writeId,
  writeLifetime,
} from './structs.ts';

/** XFRM_MSG_NEWSA. Equivalent to: `ip xfrm state add src … dst … proto … spi … reqid … mode … auth-trunc … enc …` */
export function encodeNewSa(sa: SaSpec): Uint8Array {
  return encodeSa(XFRM_MSG_NEWSA, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sa);
}

/** XFRM_MSG_UPDSA, which turns the larval SA of ALLOCSPI into a real one. Equivalent to: `ip xfrm state update …` */
export function encodeUpdateSa(sa: SaSpec): Uint8Array {
  return encodeSa(XFRM_MSG_UPDSA, NLM_F_REQUEST | NLM_F_ACK, sa);
}

export type SpiRequest = {
  readonly protocol: ChildProtocol;
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly reqid: number;
};

/**
 * XFRM_MSG_ALLOCSPI, `struct xfrm_userspi_info` (232 bytes): xfrm_usersa_info; u32 min, max (host order).
 * Equivalent to: `ip xfrm state allocspi src … dst … proto … reqid … mode tunnel min 0xc0000000 max 0xcfffffff`
 */
export function encodeAllocateSpi(request: SpiRequest): Uint8Array {
  return buildMessage(XFRM_MSG_ALLOCSPI, NLM_F_REQUEST | NLM_F_ACK, (writer) => {
    writeUserSaInfo(writer, {
      id: { destination: request.local, spi: 0, protocol: request.protocol },
      source: request.remote,
      // The larval SA dies by the kernel's net.core.xfrm_acq_expires; limits given here are not looked at.
      lifetime: (target) => target.zeros(LIFETIME_CONFIG_BYTES),
      reqid: request.reqid,
      mode: XFRM_MODE_TUNNEL,
      flags: 0,
    });
    writer.u32(MIN_SPI).u32(MAX_SPI);
  });
}

/** XFRM_MSG_DELSA. Equivalent to: `ip xfrm state delete dst … proto … spi …` */
export function encodeDeleteSa(sa: SaKey, mark?: Mark): Uint8Array {
  return buildMessage(XFRM_MSG_DELSA, NLM_F_REQUEST | NLM_F_ACK, (writer) => writeUserSaId(writer, sa, mark));
}

/** XFRM_MSG_GETSA for one SA. Equivalent to: `ip xfrm state get dst … proto … spi …` */
export function encodeGetSa(sa: SaKey, mark?: Mark): Uint8Array {
  return buildMessage(XFRM_MSG_GETSA, NLM_F_REQUEST | NLM_F_ACK, (writer) => writeUserSaId(writer, sa, mark));
}

/** XFRM_MSG_GETSA for all. Equivalent to: `ip xfrm state list` */
export function encodeDumpSas(): Uint8Array {
  return buildMessage(XFRM_MSG_GETSA, NLM_F_REQUEST | NLM_F_DUMP, () => {});
}

export type UserSaInfo = {
  readonly id: XfrmId;
  readonly source: IpAddress;
  readonly lifetime: (writer: NetlinkWriter) => void;
  readonly reqid: number;
  readonly mode: number;
  readonly flags: number;
};

/**
 * `struct xfrm_usersa_info` (224 bytes): xfrm_selector sel; xfrm_id id; xfrm_address_t saddr; xfrm_lifetime_cfg lft;
 * xfrm_lifetime_cur curlft; xfrm_stats stats; u32 seq, reqid; u16 family; u8 mode, replay_window, flags (+7).
 * The selector stays empty: policies choose the traffic, and one SA serves all its policies.
 */
export function writeUserSaInfo(writer: NetlinkWriter, info: UserSaInfo): void {
  writer.zeros(SELECTOR_BYTES);
  writeId(writer, info.id);
  writeAddress(writer, info.source);
  info.lifetime(writer);
  writer.zeros(LIFETIME_CURRENT_BYTES + STATS_BYTES);
  writer.u32(0).u32(info.reqid);
  // replay_window is 0: the window stands in XFRMA_REPLAY_ESN_VAL, and the kernel refuses both at once.
  writer
    .u16(familyNumber(addressFamily(info.id.destination)))
    .u8(info.mode)
    .u8(0)
    .u8(info.flags)
    .zeros(7);
}

/** `struct xfrm_encap_tmpl` (24 bytes): u16 type; be16 sport, dport (+2); xfrm_address_t oa, unused by the kernel. */
export function writeEncap(
  writer: NetlinkWriter,
  encap: { readonly sourcePort: number; readonly destinationPort: number },
): void {
  writer.attribute(XFRMA_ENCAP, (target) =>
    target
      .u16(UDP_ENCAP_ESPINUDP)
      .be16(encap.sourcePort)
      .be16(encap.destinationPort)
      .zeros(2 + ADDRESS_BYTES),
  );
}

function encodeSa(type: number, flags: number, sa: SaSpec): Uint8Array {
  return buildMessage(type, flags, (writer) => {
    const hardSeconds = Math.ceil((sa.hardLifetime ?? 0) / SECOND);
    writeUserSaInfo(writer, {
      id: sa,
      source: sa.source,
      lifetime: (target) => writeLifetime(target, hardSeconds, sa),
      reqid: sa.reqid,
      mode: sa.mode === 'tunnel' ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT,
      flags: stateFlags(sa),
    });
    writeAlgorithms(writer, sa);
    writeReplay(writer, sa);
    if (sa.encap !== undefined) writeEncap(writer, sa.encap);
    writeApart(writer, sa);
    writeSetMark(writer, sa.setMark);
    if (sa.direction === 'out' && !DSCP_OUT.has(sa.headers?.dscp ?? 'out'))
      writer.attribute(XFRMA_SA_EXTRA_FLAGS, (target) => target.u32(XFRM_SA_XFLAG_DONT_ENCAP_DSCP));
  });
}

function writeSetMark(writer: NetlinkWriter, mark: Mark | undefined): void {
  if (mark === undefined) return;
  writer.attribute(XFRMA_SET_MARK, (target) => target.u32(mark.value));
  writer.attribute(XFRMA_SET_MARK_MASK, (target) => target.u32(mark.mask));
}

/**
 * RFC 4302 §3.3.3.2.1: in IPv4 the AH header is padded to 32 bits; without ALIGN4 Linux pads to 64 there too, which
 * shows with the ICVs of SHA-2.
 */
function stateFlags(sa: SaSpec): number {
  const align4 = sa.protocol === 'ah' && addressFamily(sa.source) === 4;
  const families = sa.mode === 'tunnel' ? XFRM_STATE_AF_UNSPEC : 0;
  return families | (align4 ? XFRM_STATE_ALIGN4 : 0) | (sa.esn ? XFRM_STATE_ESN : 0) | headerFlags(sa);
}

function headerFlags({ direction, headers = {} }: SaSpec): number {
  const { df, ecn, dscp = 'out' } = headers;
  const pathMtu = direction === 'out' && df === false ? XFRM_STATE_NOPMTUDISC : 0;
  const traffic = direction === 'in' && DSCP_IN.has(dscp) ? XFRM_STATE_DECAP_DSCP : 0;
  return pathMtu | traffic | (ecn === false ? XFRM_STATE_NOECN : 0);
}

type DscpCopying = NonNullable<HeaderCopying['dscp']>;

const DSCP_OUT: ReadonlySet<DscpCopying> = new Set(['out', 'both']);
const DSCP_IN: ReadonlySet<DscpCopying> = new Set(['in', 'both']);

/**
 * `struct xfrm_algo_auth` and `struct xfrm_algo_aead` (72 bytes + key): char name[64]; u32 key bits, ICV bits; key.
 * `struct xfrm_algo` (68 bytes + key) of a plain cipher has no ICV. A combined-mode key includes the salt.
 */
function writeAlgorithms(writer: NetlinkWriter, sa: SaSpec): void {
  if (sa.integrity !== undefined) {
    const { kernel, icvBytes } = integrityAlgorithm(sa.integrity);
    const key = sa.integrityKey ?? EMPTY;
    writer.attribute(XFRMA_ALG_AUTH_TRUNC, (target) =>
      target
        .text(kernel, NAME_BYTES)
        .u32(key.length * 8)
        .u32(icvBytes * 8)
        .bytes(key),
    );
  }
  if (sa.encryption !== undefined) {
    const { kernel, aeadIcvBytes } = encryptionAlgorithm(sa.encryption);
    const key = sa.encryptionKey ?? EMPTY;
    writer.attribute(aeadIcvBytes === undefined ? XFRMA_ALG_CRYPT : XFRMA_ALG_AEAD, (target) => {
      target.text(kernel, NAME_BYTES).u32(key.length * 8);
      if (aeadIcvBytes !== undefined) target.u32(aeadIcvBytes * 8);
      target.bytes(key);
    });
  }
}

/**
 * `struct xfrm_replay_state_esn` (24 bytes + bitmap): u32 bmp_len (words), oseq, seq, oseq_hi, seq_hi, replay_window;
 * u32 bmp[]. The structure also serves SAs without ESN: the field of xfrm_usersa_info ends at 32 packets. An outbound
 * SA with ESN needs one as well, and the kernel refuses a window of 0 there, so it gets 1.
 */
function writeReplay(writer: NetlinkWriter, sa: SaSpec): void {
  const inbound = sa.direction === 'in' ? sa.replayWindow : 0;
  const window = sa.esn ? Math.max(inbound, 1) : inbound;
  if (window === 0) return;
  // Left out, the bitmap starts empty.
  const bitmapWords = Math.ceil(window / 32);
  writer.attribute(XFRMA_REPLAY_ESN_VAL, (target) => target.u32(bitmapWords).zeros(16).u32(window));
}

/**
 * `struct xfrm_usersa_id` (24 bytes): xfrm_address_t daddr; be32 spi; u16 family; u8 proto (+1). An SA with a mark is
 * found by that mark alone.
 */
function writeUserSaId(writer: NetlinkWriter, sa: SaKey, mark: Mark | undefined): void {
  writeAddress(writer, sa.destination);
  writer
    .be32(sa.spi)
    .u16(familyNumber(addressFamily(sa.destination)))
    .u8(protocolNumber(sa.protocol))
    .zeros(1);
  if (mark !== undefined) writeApart(writer, { mark });
}

/** `alg_name` of the algorithm structures. */
const NAME_BYTES = 64;
const EMPTY = new Uint8Array(0);

/**
 * Inbound SPIs: 28 random bits of the kernel's under one leading digit, which keeps them off the reserved 1..255
 * (RFC 4303 §2.1) and is easy to recognise in a capture.
 */
const MIN_SPI = 0xc000_0000;
const MAX_SPI = 0xcfff_ffff;
