import { concatBytes } from '../../base/bytes.ts';
import { invariant } from '../../base/errors.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { NAT_TRAVERSAL_PORT } from '../common/ports.ts';
import { hash1, hash2 } from '../v1/hashes.ts';
import { decryptBody, encryptBody, type IvChain, type MessageCipher, startIvChain } from '../v1/iv-chain.ts';
import { encryptionOf, hashOf, phase1Iv, prfOf } from '../v1/keymat.ts';
import type { IkeSaV1 } from '../v1/state.ts';
import { decodeMessage, encodeClearMessage, encodeMessage } from '../v1/wire/message.ts';
import { encodePayloads, type PayloadChain, type PayloadV1 } from '../v1/wire/payload.ts';
import { decodeHeader, EXCHANGE_V1, FLAG_V1, HEADER_BYTES } from '../wire/header.ts';
import { marked, messageOf, type Sent, type TestGateway } from './gateway.ts';
import { converse, deliver, type Pair, pair } from './pair.ts';
import { HEADER, withByte } from './tampering.ts';

export type Mode = TunnelPolicy['mode'];

type Changes = { readonly left?: Partial<TunnelPolicy>; readonly right?: Partial<TunnelPolicy> };

/** Two gateways that speak IKEv1 in this mode. */
export function pairV1(mode: Mode, changes: Changes = {}): Pair {
  return pair({
    left: { version: 1, mode, ...changes.left },
    right: { version: 1, mode, ...changes.right },
  });
}

/** The tunnel is up, initiated by `left`. */
export function connectedV1(mode: Mode, changes: Changes = {}): Pair {
  const both = pairV1(mode, changes);
  both.left.initiate();
  converse(both);
  for (const { core } of [both.left, both.right])
    if (core.children()[0]?.state !== 'installed') throw new Error('the tunnel did not come up');
  return both;
}

/** Phase 1 up to its n-th message, which waits in the outbox of its sender; all before it is delivered. */
export function phase1(mode: Mode, message: number, changes: Changes = {}): Pair & { readonly sent: readonly Sent[] } {
  const both = pairV1(mode, changes);
  both.left.initiate();
  const sent: Sent[] = [];
  for (let n = 1; n < message; n++)
    sent.push(...(n % 2 === 1 ? deliver(both.left, both.right) : deliver(both.right, both.left)));
  return { ...both, sent };
}

/** The live IKE SA with its keys; of the snapshot, so that a test cannot change it. */
export function ikeSaV1(gateway: TestGateway, index = 0): IkeSaV1 {
  const sa = [...gateway.core.snapshot().ikeSas.values()][index];
  if (sa?.version !== 1) throw new Error('no IKE SA of IKEv1');
  return sa;
}

export type ForgeryV1 = {
  readonly exchange?: keyof typeof EXCHANGE_V1 | number;
  readonly messageId?: number;
  readonly payloads: readonly PayloadV1[];
  /** Another HASH payload than the right one; null for none. */
  readonly hash?: Uint8Array | null;
  readonly hashLast?: boolean;
  readonly index?: number;
};

/** The first message of an exchange of phase 2 by whoever shares the IKE SA of `sender`, with HASH(1). */
export function forgeV1(sender: TestGateway, forgery: ForgeryV1): Sent {
  const sa = ikeSaV1(sender, forgery.index);
  const { exchange = 'INFORMATIONAL', messageId = 0x1234_5678, payloads, hash, hashLast = false } = forgery;
  const { suite, keys } = sa;
  invariant(suite !== undefined && keys !== undefined, 'no keys yet');
  const key = { prf: prfOf(suite), skeyidA: keys.skeyidA, messageId };
  const empty = encodePayloads([...payloads, { type: 'HASH', data: new Uint8Array(1) }]).bytes.subarray(0, -5);
  const data = hash ?? hash1(key, hashLast ? empty : encodePayloads(payloads).bytes);
  const proof: PayloadV1 = { type: 'HASH', data };
  const all = hashLast ? [...payloads, proof] : [proof, ...payloads];
  return sealed(sa, { exchange, messageId, chain: encodePayloads(hash === null ? payloads : all) });
}

/** An authentic informational message or Quick Mode with any bytes behind its HASH. */
export function forgeRaw(
  sender: TestGateway,
  messageId: number,
  firstType: number,
  rest: Uint8Array,
  exchange: number = EXCHANGE_V1.INFORMATIONAL,
): Sent {
  const sa = ikeSaV1(sender);
  const { suite, keys } = sa;
  invariant(suite !== undefined && keys !== undefined, 'no keys yet');
  const hash = hash1({ prf: prfOf(suite), skeyidA: keys.skeyidA, messageId }, rest);
  const bytes = concatBytes(Uint8Array.of(firstType, 0, 0, hash.length + 4), hash, rest);
  return sealed(sa, { exchange, messageId, chain: { firstType: 8, bytes } });
}

/** A message in the clear, of either side, with other payloads. */
export function alterClear(sent: Sent, change: (payloads: PayloadV1[]) => readonly PayloadV1[]): Sent {
  const message = messageOf(sent);
  const header = decodeHeader(message);
  const payloads = change(decodeMessage(header, message.subarray(HEADER_BYTES)));
  return { ...sent, datagram: marked(sent.from, encodeClearMessage(header, payloads)) };
}

/** The first encrypted message of phase 1 with other payloads inside; `owner` has the keys, `sent` brought both KE. */
export function alterProof(
  owner: TestGateway,
  sent: readonly Sent[],
  proof: Sent,
  change: (payloads: PayloadV1[]) => readonly PayloadV1[],
): Sent {
  const cipher = cipherOf(ikeSaV1(owner));
  const chain = firstChain(owner, sent);
  const message = messageOf(proof);
  const header = decodeHeader(message);
  const opened = decryptBody(chain, cipher, 0, message.subarray(HEADER_BYTES));
  invariant(opened !== undefined, 'whole blocks');
  const { firstType, bytes } = encodePayloads(change(decodeMessage(header, opened.bytes)));
  const body = encryptBody(chain, cipher, 0, bytes).bytes;
  return { ...proof, datagram: marked(proof.from, encodeMessage(header, { firstType, bytes: body })) };
}

/** The second message of Quick Mode with other payloads inside, with a HASH(2) that fits; `sender` made it. */
export function alterQuickMode2(
  sender: TestGateway,
  request: Sent,
  sent: Sent,
  change: (payloads: PayloadV1[]) => readonly PayloadV1[],
): Sent {
  const sa = ikeSaV1(sender);
  const message = messageOf(sent);
  const header = decodeHeader(message);
  const { messageId } = header;
  const { suite, keys, ivs } = sa;
  const nonceI = sa.quickModes.get(messageId)?.nonceI;
  invariant(suite !== undefined && keys !== undefined && ivs !== undefined && nonceI !== undefined, 'a Quick Mode');
  // Each message has the last block of the one before it.
  const chain: IvChain = { phase1: ivs.phase1, exchanges: new Map([[messageId, request.datagram.slice(-16)]]) };
  const opened = decryptBody(chain, cipherOf(sa), messageId, message.subarray(HEADER_BYTES));
  invariant(opened !== undefined, 'whole blocks');
  const rest = change(decodeMessage(header, opened.bytes).filter(({ type }) => type !== 'HASH'));
  const data = hash2({ prf: prfOf(suite), skeyidA: keys.skeyidA, messageId }, nonceI, encodePayloads(rest).bytes);
  const { firstType, bytes } = encodePayloads([{ type: 'HASH', data }, ...rest]);
  const body = encryptBody(chain, cipherOf(sa), messageId, bytes).bytes;
  return { ...sent, datagram: marked(sent.from, encodeMessage(header, { firstType, bytes: body })) };
}

/** The IVs before the first encrypted message of phase 1. */
function firstChain(owner: TestGateway, sent: readonly Sent[]): IvChain {
  const { suite } = ikeSaV1(owner);
  const [publicI, publicR] = sent.flatMap((one) => {
    const message = messageOf(one);
    const payloads = decodeMessage(decodeHeader(message), message.subarray(HEADER_BYTES));
    return payloads.flatMap((payload) => (payload.type === 'KE' ? [payload.data] : []));
  });
  invariant(suite !== undefined && publicI !== undefined && publicR !== undefined, 'both KE payloads were sent');
  return startIvChain(phase1Iv(suite, publicI, publicR));
}

function cipherOf({ suite, keys }: IkeSaV1): MessageCipher {
  invariant(suite !== undefined && keys !== undefined, 'no keys yet');
  return { encryption: encryptionOf(suite), key: keys.encryptionKey, hash: hashOf(suite) };
}

/** Sent as the first message of its exchange. */
function sealed(
  sa: IkeSaV1,
  message: {
    readonly exchange: keyof typeof EXCHANGE_V1 | number;
    readonly messageId: number;
    readonly chain: PayloadChain;
  },
): Sent {
  const { exchange, messageId, chain } = message;
  invariant(sa.ivs !== undefined, 'no IVs yet');
  const fresh = startIvChain(sa.ivs.phase1);
  const { bytes } = encryptBody(fresh, cipherOf(sa), messageId, chain.bytes);
  const exchangeType = typeof exchange === 'number' ? exchange : EXCHANGE_V1[exchange];
  const { initiatorSpi, responderSpi, local, remote } = sa;
  const header = { initiatorSpi, responderSpi, exchangeType, flags: FLAG_V1.ENCRYPTION, messageId };
  return {
    from: local,
    to: remote,
    datagram: marked(local, encodeMessage(header, { firstType: chain.firstType, bytes })),
  };
}

/** What an IKE SA says of itself, without what time and the counters of drops change. */
export function stateOf(gateway: TestGateway) {
  const { ikeSas, children, requests, timers, spis, initiators, byTunnel } = gateway.core.snapshot();
  return { ikeSas, children, requests, timers, spis, initiators, byTunnel };
}

/** Delivers until neither has anything to say; `meet` sees each message before its receiver gets it. */
export function converseWith(both: Pair, meet: (to: TestGateway, sent: Sent, exchange: number) => void): void {
  for (let turn = 0; both.left.outbox.length + both.right.outbox.length > 0; turn++) {
    const [from, to] = turn % 2 === 0 ? [both.left, both.right] : [both.right, both.left];
    for (const sent of from.take()) {
      meet(to, sent, messageOf(sent)[HEADER.exchange] ?? 0);
      to.receive(sent);
    }
  }
}

/** The message with each of its bits flipped from this octet on, and cut at each length with its own length put right. */
export function* tampered(sent: Sent, from: number = HEADER_BYTES): Generator<Sent> {
  const start = sent.from.port === NAT_TRAVERSAL_PORT ? 4 : 0;
  for (let bit = (start + from) * 8; bit < sent.datagram.length * 8; bit++) {
    const at = bit >> 3;
    yield withByte(sent, at, (sent.datagram[at] ?? 0) ^ (1 << (bit & 7)));
  }
  for (let length = HEADER_BYTES; length < messageOf(sent).length; length++) {
    const message = messageOf(sent).slice(0, length);
    new DataView(message.buffer).setUint32(24, length);
    yield { ...sent, datagram: marked(sent.from, message) };
  }
}
