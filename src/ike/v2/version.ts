import type { Endpoint } from '../../base/net.ts';
import type { Context } from '../common/context.ts';
import { transmit } from '../common/transmit.ts';
import { FLAG_RESPONSE, type IkeHeader } from '../wire/header.ts';
import { encodePlainMessage } from './wire/message.ts';
import { notifyPayload } from './wire/notify.ts';

/**
 * RFC 7296 §2.5: a request of a later major version learns which one we speak, at a limited rate, as nobody has proven
 * anything; everything else is dropped.
 */
export function refuseMajorVersion(
  ctx: Context,
  header: IkeHeader,
  path: { readonly local: Endpoint; readonly remote: Endpoint },
): void {
  ctx.drop(path.remote, 'major-version');
  if (header.majorVersion < 3 || (header.flags & FLAG_RESPONSE) !== 0 || !ctx.isTimely('major-version')) return;
  const { initiatorSpi, responderSpi, exchangeType, messageId } = header;
  const answer = { initiatorSpi, responderSpi, exchangeType, messageId, flags: FLAG_RESPONSE };
  transmit(ctx, path.local, path.remote, [encodePlainMessage(answer, [notifyPayload('INVALID_MAJOR_VERSION')])]);
}
