import type { Context } from '../common/context.ts';
import type { Reason } from '../common/reason.ts';
import { abandon } from './close.ts';
import { sendResponse } from './message-window.ts';
import type { RequestRef } from './received.ts';
import type { IkeSaV2 } from './state.ts';
import { type NotifyName, type NotifyPayload, notifyPayload } from './wire/notify.ts';

/** An exchange that makes an SA. */
export type MakingExchange = 'CREATE_CHILD_SA' | 'IKE_FOLLOWUP_KE';

/** Answers an exchange that was to make an SA with an error; the IKE SA is none the worse for it (RFC 7296 §1.3.1). */
export function refuseRequest(
  ctx: Context,
  sa: IkeSaV2,
  request: RequestRef,
  why: NotifyName | NotifyPayload,
  exchange: MakingExchange = 'CREATE_CHILD_SA',
): void {
  const notify = typeof why === 'string' ? notifyPayload(why) : why;
  sendResponse(ctx, sa, request, { exchange, payloads: [notify] });
}

/** RFC 6989 §2.5, RFC 7296 §2.21.3: an authentic message with a public value that is none ends the IKE SA. */
export function failPublicValue(ctx: Context, sa: IkeSaV2, request: RequestRef, exchange?: MakingExchange): void {
  refuseRequest(ctx, sa, request, 'INVALID_SYNTAX', exchange);
  abandon(ctx, sa, BAD_PUBLIC_VALUE);
}

export const BAD_PUBLIC_VALUE: Reason = {
  code: 'protocol-error',
  text: 'the peer sent a public value that is none of its key exchange method',
};
