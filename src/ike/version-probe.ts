import { equalBytes, fromHex } from '../base/bytes.ts';
import { WireError } from '../base/errors.ts';
import { type KeyExchangeKeyword, keyExchangeMethod } from '../crypto/algorithms.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { ikeOffersToWire } from './v1/offers.ts';
import { decodeMessage, encodeClearMessage } from './v1/wire/message.ts';
import { saPayload } from './v1/wire/sa.ts';
import { offersToWire } from './v2/proposals.ts';
import { decodePlainMessage, encodePlainMessage } from './v2/wire/message.ts';
import {
  decodeHeader,
  EXCHANGE,
  EXCHANGE_V1,
  FLAG_INITIATOR,
  FLAG_RESPONSE,
  HEADER_BYTES,
  ZERO_SPI,
} from './wire/header.ts';

/**
 * Many daemons have one word for "nothing of mine goes with that" and for "I have nothing for you in this IKE version", or
 * none. A first message of the other version, with the tunnel's own proposals, tells the two apart: who takes it up has the
 * tunnel in that version. Nothing of it is kept, and nothing more is sent.
 */

/** What makes each question another one. */
export type ProbeRandomness = {
  /** 16 hexadecimal digits. */
  readonly initiatorSpi: string;
  readonly nonce: Uint8Array;
  /** A public value for IKEv2, of the method that `probeMethod` names. */
  readonly publicValue: Uint8Array;
  /** Bytes that a Vendor ID adds, which every peer passes over (RFC 7296 §3.12, RFC 2408 §3.16); none where not given. */
  readonly padding?: number;
};

/** The key exchange method that a question in IKEv2 is asked with. */
export function probeMethod({ ikeProposals }: TunnelPolicy): KeyExchangeKeyword | undefined {
  return ikeProposals[0]?.keyExchange[0];
}

/** The first message of Main Mode, or IKE_SA_INIT; undefined where the version cannot say any of the proposals. */
export function versionProbe(
  policy: TunnelPolicy,
  version: 1 | 2,
  { initiatorSpi, nonce, publicValue, padding = 0 }: ProbeRandomness,
): Uint8Array | undefined {
  const filling = padding === 0 ? [] : [{ type: 'V', data: new Uint8Array(padding) } as const];
  const spis = { initiatorSpi, responderSpi: ZERO_SPI };
  if (version === 1) {
    const offers = ikeOffersToWire(policy.ikeProposals, { lifetime: policy.ikeLifetime });
    if (offers.length === 0) return undefined;
    const header = { ...spis, exchangeType: EXCHANGE_V1.MAIN_MODE, flags: 0, messageId: 0 };
    return encodeClearMessage(header, [saPayload(offers), ...filling]);
  }
  const method = probeMethod(policy);
  if (method === undefined) return undefined;
  const header = { ...spis, exchangeType: EXCHANGE.IKE_SA_INIT, flags: FLAG_INITIATOR, messageId: 0 };
  return encodePlainMessage(header, [
    { type: 'SA', proposals: offersToWire(policy.ikeProposals, new Uint8Array(0)) },
    { type: 'KE', method: keyExchangeMethod(method).group, data: publicValue },
    { type: 'Nonce', data: nonce },
    ...filling,
  ]);
}

/** Whether it answers the question, whatever it says. Never throws. */
export function isAnswer(answer: Uint8Array, initiatorSpi: string): boolean {
  try {
    return equalBytes(fromHex(decodeHeader(answer).initiatorSpi), fromHex(initiatorSpi));
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

/** Whether an answer takes the question up: anything else says nothing. Never throws. */
export function isTakenUp(answer: Uint8Array, version: 1 | 2, initiatorSpi: string): boolean {
  try {
    const header = decodeHeader(answer);
    const isOurs = equalBytes(fromHex(header.initiatorSpi), fromHex(initiatorSpi));
    if (!isOurs || header.majorVersion !== version || header.responderSpi === ZERO_SPI) return false;
    if (version === 1) {
      if (header.exchangeType !== EXCHANGE_V1.MAIN_MODE) return false;
      return decodeMessage(header, answer.subarray(HEADER_BYTES)).some(({ type }) => type === 'SA');
    }
    if (header.exchangeType !== EXCHANGE.IKE_SA_INIT || (header.flags & FLAG_RESPONSE) === 0) return false;
    return decodePlainMessage(answer).payloads.some(({ type }) => type === 'SA');
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}
