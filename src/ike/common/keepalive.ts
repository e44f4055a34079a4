import type { Endpoint } from '../../base/net.ts';
import { SECOND } from '../../base/time.ts';
import type { Context } from './context.ts';

/** RFC 3948 §4: the default; translators forget UDP mappings after 30 s at the earliest. */
export const KEEPALIVE_INTERVAL = 20 * SECOND;

/** RFC 3948 §2.3: one octet 0xFF, from the side behind the NAT, and again after the interval. */
export function sendKeepalive(
  ctx: Context,
  sa: { readonly id: number; readonly local: Endpoint; readonly remote: Endpoint },
): void {
  ctx.send(sa.local, sa.remote, Uint8Array.of(0xff));
  ctx.setTimer(sa.id, 'keepalive', ctx.now.mono + KEEPALIVE_INTERVAL);
}
