import { constantTimeEqual } from '../../../crypto/constant-time.ts';
import type { Context } from '../../common/context.ts';
import { findNotify } from '../payload-set.ts';
import { isCookie2 } from '../wire/mobike.ts';
import { type NotifyPayload, notifyPayload } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';

/** RFC 4555 §4.2.5: 8 to 64 octets that the peer cannot foresee. */
const COOKIE2_BYTES = 16;

export function newCookie2(ctx: Context): Uint8Array {
  return ctx.entropy.bytes(COOKIE2_BYTES);
}

/** RFC 4555 §3.7: whoever sees the request can repeat what it holds. A size that is not allowed is none. */
export function echoCookie2(payloads: readonly Payload[]): NotifyPayload[] {
  const cookie = findNotify(payloads, 'COOKIE2');
  return cookie !== undefined && isCookie2(cookie) ? [notifyPayload('COOKIE2', cookie.data.slice())] : [];
}

/** Whether the response shows that its sender has seen our request. */
export function returnsCookie2(cookie: Uint8Array, payloads: readonly Payload[]): boolean {
  const returned = findNotify(payloads, 'COOKIE2')?.data;
  return returned !== undefined && constantTimeEqual(returned, cookie);
}
