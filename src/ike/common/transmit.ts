import type { Endpoint } from '../../base/net.ts';
import type { Context } from './context.ts';
import { NAT_TRAVERSAL_PORT } from './ports.ts';

/** Sends IKE messages, with the non-ESP marker before what leaves from port 4500 (RFC 3948 §2.2). */
export function transmit(ctx: Context, from: Endpoint, to: Endpoint, messages: readonly Uint8Array[]): void {
  const marker = from.port === NAT_TRAVERSAL_PORT ? 4 : 0;
  for (const message of messages) {
    const datagram = new Uint8Array(marker + message.length);
    datagram.set(message, marker);
    ctx.send(from, to, datagram);
  }
}
