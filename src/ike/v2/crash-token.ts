import { fromHex } from '../../base/bytes.ts';
import type { Secret } from '../../base/secret.ts';
import { constantTimeEqual } from '../../crypto/constant-time.ts';
import { prf } from '../../crypto/prf.ts';
import type { Context } from '../common/context.ts';
import { addTask } from './message-window.ts';
import { notifies } from './payload-set.ts';
import type { IkeSaV2 } from './state.ts';
import { NOTIFY, type NotifyPayload, notifyPayload } from './wire/notify.ts';
import type { Payload } from './wire/payload.ts';
import { PROTOCOL } from './wire/sa.ts';

/** The two SPIs of an IKE SA, hexadecimal as in the header. */
type SpiPair = { readonly initiatorSpi: string; readonly responderSpi: string };

/** RFC 6290 §5. */
const MIN_TOKEN_BYTES = 16;
const MAX_TOKEN_BYTES = 128;

/** RFC 6290 §4.5: a maker sends up to four, of several generations of its secret; more are not looked at. */
const MAX_TOKENS = 4;

/**
 * What we tell the peer in IKE_AUTH, and in the response that rekeys an IKE SA: a token that only we can show again,
 * also after a crash. Nothing where there is no secret that would survive one. RFC 6290 §4.1, §4.2.
 */
export function tokenPayloads(ctx: Pick<Context, 'crashSecret'>, spis: SpiPair): NotifyPayload[] {
  if (ctx.crashSecret === undefined) return [];
  const token = makeToken(ctx.crashSecret, spis);
  return [{ ...notifyPayload('QUICK_CRASH_DETECTION', token), protocol: PROTOCOL.IKE }];
}

/**
 * Tells the peer our token in an INFORMATIONAL exchange. RFC 6290 §4.3: the initiator of a rekeying has no other way
 * to give one for the new IKE SA.
 */
export function announceToken(ctx: Pick<Context, 'crashSecret'>, sa: IkeSaV2): void {
  if (ctx.crashSecret !== undefined) addTask(sa, { kind: 'announce-token' });
}

/** Keeps the token of the peer, of a message that is authentic; a later one takes its place (RFC 6290 §4.4). */
export function keepToken(sa: IkeSaV2, payloads: readonly Payload[]): void {
  sa.peerToken = findToken(payloads) ?? sa.peerToken;
}

/** The token in an authentic message; undefined where it has none that may be one. */
export function findToken(payloads: readonly Payload[]): Uint8Array | undefined {
  return tokensIn(payloads)[0]?.slice();
}

/** Whether one of the tokens in an unprotected message is that of the peer. */
export function showsToken(sa: IkeSaV2, payloads: readonly Payload[]): boolean {
  const { peerToken } = sa;
  if (peerToken === undefined) return false;
  return tokensIn(payloads).some((token) => constantTimeEqual(token, peerToken));
}

/** RFC 6290 §5.1 leaves the function to the maker; SPIs of a fixed length cannot run together. */
function makeToken(secret: Secret, { initiatorSpi, responderSpi }: SpiPair): Uint8Array {
  return prf('prfsha256', secret.expose(), fromHex(initiatorSpi), fromHex(responderSpi));
}

function tokensIn(payloads: readonly Payload[]): Uint8Array[] {
  const tokens = notifies(payloads).filter(({ notify }) => notify === NOTIFY.QUICK_CRASH_DETECTION);
  const fits = ({ data }: NotifyPayload) => data.length >= MIN_TOKEN_BYTES && data.length <= MAX_TOKEN_BYTES;
  return tokens
    .filter(fits)
    .slice(0, MAX_TOKENS)
    .map(({ data }) => data);
}
