import type { IpAddress } from '../base/net.ts';
import { SECOND } from '../base/time.ts';
import { NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST } from '../netlink/constants.ts';
import { readFamily } from '../netlink/family.ts';
import type { Attributes } from '../netlink/netlink.ts';
import { buildMessage, HostReader, NetlinkWriter, parseAttributes } from '../netlink/netlink.ts';
import type { SaAddresses, SaCounters, SaKey } from '../sa/data-plane.ts';
import {
  XFRM_MSG_NEWSA,
  XFRM_MSG_UPDSA,
  XFRMA_ALG_AEAD,
  XFRMA_ALG_AUTH_TRUNC,
  XFRMA_ALG_CRYPT,
  XFRMA_ENCAP,
  XFRMA_IF_ID,
  XFRMA_LASTUSED,
  XFRMA_LTIME_VAL,
  XFRMA_MARK,
  XFRMA_REPLAY_ESN_VAL,
  XFRMA_REPLAY_VAL,
  XFRMA_SA_EXTRA_FLAGS,
  XFRMA_SET_MARK,
  XFRMA_SET_MARK_MASK,
} from './constants.ts';
import { writeEncap, writeUserSaInfo } from './sa-messages.ts';
import {
  ADDRESS_BYTES,
  LIFETIME_CONFIG_BYTES,
  LIFETIME_CURRENT_BYTES,
  readAddress,
  readProtocol,
  SELECTOR_BYTES,
  STATS_BYTES,
} from './structs.ts';

/**
 * An SA as the kernel shows it. `attributes` holds its keys: a snapshot lives no longer than the request that took
 * it, and is never logged.
 */
export type SaSnapshot = {
  readonly key: SaKey;
  readonly source: IpAddress;
  readonly reqid: number;
  readonly mode: number;
  readonly flags: number;
  readonly bytes: number;
  readonly packets: number;
  /** `struct xfrm_lifetime_cfg` and `struct xfrm_lifetime_cur` as they came. */
  readonly lifetime: Uint8Array;
  readonly current: Uint8Array;
  readonly attributes: Attributes;
};

/**
 * The payload of an XFRM_MSG_NEWSA from the kernel (`struct xfrm_usersa_info`, see `writeUserSaInfo`); undefined
 * where it is neither ESP nor AH. @throws WireError
 */
export function parseSa(payload: Uint8Array): SaSnapshot | undefined {
  const reader = new HostReader(payload).skip(SELECTOR_BYTES, 'sel');
  const daddr = reader.bytes(ADDRESS_BYTES, 'id.daddr');
  const spi = reader.be32('id.spi');
  const protocol = readProtocol(reader.u8('id.proto'));
  const saddr = reader.skip(3, 'id').bytes(ADDRESS_BYTES, 'saddr');
  const lifetime = reader.bytes(LIFETIME_CONFIG_BYTES, 'lft');
  const current = reader.bytes(LIFETIME_CURRENT_BYTES, 'curlft');
  const reqid = reader.skip(STATS_BYTES + 4, 'stats').u32('reqid');
  const family = readFamily(reader.u16('family'));
  const mode = reader.u8('mode');
  const flags = reader.skip(1, 'replay_window').u8('flags');
  const attributes = parseAttributes(reader.skip(7, 'padding').rest());
  if (protocol === undefined || family === undefined) return undefined;
  const used = new HostReader(current);
  return {
    key: { protocol, destination: readAddress(new HostReader(daddr), family, 'id.daddr'), spi },
    source: readAddress(new HostReader(saddr), family, 'saddr'),
    reqid,
    mode,
    flags,
    bytes: Number(used.u64('curlft.bytes')),
    packets: Number(used.u64('curlft.packets')),
    lifetime,
    current,
    attributes,
  };
}

/** `bytes` counts what the ESP or AH payload held, as the kernel does; XFRMA_LASTUSED is in seconds of wall time. */
export function saCounters(snapshot: SaSnapshot): SaCounters {
  const { key: sa, bytes, packets } = snapshot;
  const used = snapshot.attributes.get(XFRMA_LASTUSED);
  if (used === undefined) return { sa, bytes, packets };
  return { sa, bytes, packets, lastUsedAt: Number(new HostReader(used).u64('lastused')) * SECOND };
}

/** UDP ports of the SA's ESP-in-UDP, `struct xfrm_encap_tmpl`. */
export function saEncap(snapshot: SaSnapshot): SaAddresses['encap'] {
  const encap = snapshot.attributes.get(XFRMA_ENCAP);
  if (encap === undefined) return undefined;
  const reader = new HostReader(encap).skip(2, 'encap_type');
  return { sourcePort: reader.be16('encap_sport'), destinationPort: reader.be16('encap_dport') };
}

/**
 * Whether the kernel kept the keys back (lockdown=confidentiality shows them as zeros): an SA made from such a
 * snapshot would encrypt with a key that everybody knows.
 */
export function keysRedacted(snapshot: SaSnapshot): boolean {
  return KEY_OFFSETS.some(([type, offset]) => {
    const algorithm = snapshot.attributes.get(type);
    return (
      algorithm !== undefined && algorithm.length > offset && !algorithm.subarray(offset).some((byte) => byte !== 0)
    );
  });
}

/**
 * The same SA at other addresses: keys, counters, sequence numbers, replay window and remaining lifetime go along.
 * Packets may leave between the snapshot and the end of the old SA; the outbound sequence number skips ahead of them,
 * as one used twice would be a replay to the peer and, with a counter mode cipher, could repeat a nonce.
 * Equivalent to: `ip xfrm state add …` with all of it.
 */
export function encodeMovedSa(snapshot: SaSnapshot, to: SaAddresses): Uint8Array {
  return buildMessage(XFRM_MSG_NEWSA, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, (writer) => {
    writeSnapshot(writer, snapshot, to);
    writer.attribute(XFRMA_LTIME_VAL, (target) => target.bytes(snapshot.current));
    for (const [type, skip] of SEQUENCE_SKIPS) {
      const state = snapshot.attributes.get(type);
      if (state !== undefined) writer.attribute(type, (target) => target.bytes(skip(state)));
    }
  });
}

/**
 * Other UDP ports for the same SA, in place: an update takes over the encapsulation and the lifetime only. The kernel
 * builds a whole SA from the message before it looks, so all of it must be there.
 * Equivalent to: `ip xfrm state update … encap espinudp SPORT DPORT 0.0.0.0`
 */
export function encodeMovedPorts(snapshot: SaSnapshot, to: SaAddresses): Uint8Array {
  return buildMessage(XFRM_MSG_UPDSA, NLM_F_REQUEST | NLM_F_ACK, (writer) => {
    writeSnapshot(writer, snapshot, to);
    const replay = snapshot.attributes.get(XFRMA_REPLAY_ESN_VAL);
    if (replay !== undefined) writer.attribute(XFRMA_REPLAY_ESN_VAL, (target) => target.bytes(replay));
  });
}

function writeSnapshot(writer: NetlinkWriter, snapshot: SaSnapshot, to: SaAddresses): void {
  writeUserSaInfo(writer, {
    id: { ...snapshot.key, destination: to.destination },
    source: to.source,
    lifetime: (target) => target.bytes(snapshot.lifetime),
    reqid: snapshot.reqid,
    mode: snapshot.mode,
    flags: snapshot.flags,
  });
  for (const [type] of KEY_OFFSETS) {
    const algorithm = snapshot.attributes.get(type);
    if (algorithm !== undefined) writer.attribute(type, (target) => target.bytes(algorithm));
  }
  if (to.encap !== undefined) writeEncap(writer, to.encap);
  for (const type of ATTRIBUTES) {
    const value = snapshot.attributes.get(type);
    if (value !== undefined) writer.attribute(type, (target) => target.bytes(value));
  }
}

/** What an SA keeps wherever it goes. */
const ATTRIBUTES = [XFRMA_MARK, XFRMA_IF_ID, XFRMA_SET_MARK, XFRMA_SET_MARK_MASK, XFRMA_SA_EXTRA_FLAGS];

/** `struct xfrm_replay_state` (12 bytes): u32 oseq, seq, bitmap. At its end the SA stops by itself, as it must. */
function skipSequence(state: Uint8Array): Uint8Array {
  const reader = new HostReader(state);
  const oseq = reader.u32('replay.oseq');
  const skipped = oseq === 0 ? 0 : Math.min(oseq + SEQUENCE_SKIP, MAX_U32);
  return fields([skipped], reader.rest());
}

/** `struct xfrm_replay_state_esn`, see `writeReplay` of sa-messages.ts. Outbound, only SAs with ESN have one. */
function skipExtendedSequence(state: Uint8Array): Uint8Array {
  const reader = new HostReader(state);
  const words = reader.u32('replay.bmp_len');
  const oseq = reader.u32('replay.oseq');
  const seq = reader.u32('replay.seq');
  const high = reader.u32('replay.oseq_hi');
  const skipped = oseq === 0 && high === 0 ? 0 : oseq + SEQUENCE_SKIP;
  return fields([words, skipped % 2 ** 32, seq, high + Math.floor(skipped / 2 ** 32)], reader.rest());
}

function fields(words: readonly number[], rest: Uint8Array): Uint8Array {
  const writer = new NetlinkWriter();
  for (const word of words) writer.u32(word);
  return writer.bytes(rest).finish();
}

/** More packets than leave in the time of two netlink requests, and little of the 2^32 that an SA has. */
const SEQUENCE_SKIP = 0x4000;
const MAX_U32 = 2 ** 32 - 1;

/** Where the key starts in `struct xfrm_algo`, `xfrm_algo_auth` and `xfrm_algo_aead`. */
const KEY_OFFSETS = [
  [XFRMA_ALG_AUTH_TRUNC, 72],
  [XFRMA_ALG_CRYPT, 68],
  [XFRMA_ALG_AEAD, 72],
] as const;

const SEQUENCE_SKIPS = [
  [XFRMA_REPLAY_VAL, skipSequence],
  [XFRMA_REPLAY_ESN_VAL, skipExtendedSequence],
] as const;
