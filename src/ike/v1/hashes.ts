import { ByteWriter, concatBytes, fromHex } from '../../base/bytes.ts';
import type { PrfKeyword } from '../../crypto/algorithms.ts';
import { prf } from '../../crypto/prf.ts';

/** What HASH_I and HASH_R cover, RFC 2409 §5. */
export type Phase1HashInput = {
  readonly prf: PrfKeyword;
  readonly skeyid: Uint8Array;
  /** Hex, as in the header. */
  readonly spiI: string;
  readonly spiR: string;
  /** The data of both KE payloads. */
  readonly publicI: Uint8Array;
  readonly publicR: Uint8Array;
  /** SAi_b: the body of the initiator's SA payload as it was on the wire, with everything that was offered. */
  readonly saBody: Uint8Array;
  /** The body of the ID payload of the side whose hash it is, as it was on the wire. */
  readonly idBody: Uint8Array;
};

/** HASH_I, RFC 2409 §5. */
export function initiatorHash(input: Phase1HashInput): Uint8Array {
  return phase1Hash(input, [input.publicI, input.publicR], [input.spiI, input.spiR]);
}

/** HASH_R, RFC 2409 §5: public values and cookies change places, the SA payload stays the initiator's. */
export function responderHash(input: Phase1HashInput): Uint8Array {
  return phase1Hash(input, [input.publicR, input.publicI], [input.spiR, input.spiI]);
}

/** What every hash of phase 2 is made with. */
export type Phase2HashKey = {
  readonly prf: PrfKeyword;
  readonly skeyidA: Uint8Array;
  /** Of the exchange, as in the header. */
  readonly messageId: number;
};

/**
 * HASH(1) of Quick Mode and of an informational exchange, RFC 2409 §5.5, §5.7. `rest` is all that follows the HASH
 * payload, payload headers included and padding excluded, as it is on the wire.
 */
export function hash1(key: Phase2HashKey, rest: Uint8Array): Uint8Array {
  return prf(key.prf, key.skeyidA, messageIdBytes(key), rest);
}

/** HASH(2) of Quick Mode, RFC 2409 §5.5; the initiator's nonce is in it without its header. */
export function hash2(key: Phase2HashKey, nonceI: Uint8Array, rest: Uint8Array): Uint8Array {
  return prf(key.prf, key.skeyidA, messageIdBytes(key), nonceI, rest);
}

/** HASH(3) of Quick Mode, RFC 2409 §5.5. It covers no payloads: a third message has none that count. */
export function hash3(key: Phase2HashKey, nonceI: Uint8Array, nonceR: Uint8Array): Uint8Array {
  return prf(key.prf, key.skeyidA, Uint8Array.of(0), messageIdBytes(key), nonceI, nonceR);
}

function phase1Hash(input: Phase1HashInput, publicValues: readonly Uint8Array[], spis: readonly string[]): Uint8Array {
  const covered = concatBytes(...publicValues, ...spis.map(fromHex), input.saBody, input.idBody);
  return prf(input.prf, input.skeyid, covered);
}

function messageIdBytes({ messageId }: Phase2HashKey): Uint8Array {
  return new ByteWriter().u32(messageId).finish();
}
