import type { Context } from '../../common/context.ts';
import { sendResponse } from '../message-window.ts';
import type { Received } from '../received.ts';
import type { IkeSaV2 } from '../state.ts';
import { notifyPayload } from '../wire/notify.ts';

/**
 * Further Child SAs and rekeying are refused for now: RFC 7296 §4 allows it to an implementation that makes its one
 * Child SA with the IKE SA and replaces both together at the end of their lifetime.
 */
export function onCreateChildRequest(ctx: Context, sa: IkeSaV2, received: Received): void {
  sendResponse(ctx, sa, received, { exchange: 'CREATE_CHILD_SA', payloads: [notifyPayload('NO_ADDITIONAL_SAS')] });
}
