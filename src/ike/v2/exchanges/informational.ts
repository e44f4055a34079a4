import type { ChildSa } from '../../../sa/child-sa.ts';
import type { ChildProtocol } from '../../../sa/proposal.ts';
import type { Context } from '../../common/context.ts';
import type { Reason } from '../../common/reason.ts';
import { childrenOf } from '../children.ts';
import { abandon, removeChild } from '../close.ts';
import { deleteChildren } from '../deletes.ts';
import { armLiveness } from '../liveness.ts';
import { sendResponse, settleRequest } from '../message-window.ts';
import { findNotify } from '../payload-set.ts';
import type { Received } from '../received.ts';
import type { IkeSaV2 } from '../state.ts';
import type { DeletePayload } from '../wire/delete.ts';
import type { Payload } from '../wire/payload.ts';
import { PROTOCOL } from '../wire/sa.ts';

/** INFORMATIONAL SK { [N, …] [D, …] } -->; an empty one asks whether we live and is answered by an empty one. */
export function onInformationalRequest(ctx: Context, sa: IkeSaV2, received: Received): void {
  const deletes = received.payloads.filter((payload): payload is DeletePayload => payload.type === 'D');
  // RFC 7296 §1.4.1: with the IKE SA all of its Child SAs are gone; there is nothing more to say about them.
  const refused = findNotify(received.payloads, 'AUTHENTICATION_FAILED') !== undefined;
  // RFC 7296 §2.21.2: an initiator that does not believe us says only that, and means the same.
  if (refused || deletes.some(({ protocol }) => protocol === PROTOCOL.IKE)) {
    sendResponse(ctx, sa, received, { exchange: 'INFORMATIONAL', payloads: [] });
    return abandon(ctx, sa, refused ? PEER_REFUSED : PEER_CLOSED);
  }
  // Copied before anything is removed: one Delete may name the same Child SA twice.
  const payloads = deletes.flatMap((payload) => deleteNamedChildren(ctx, sa, payload));
  sendResponse(ctx, sa, received, { exchange: 'INFORMATIONAL', payloads });
}

/** <-- INFORMATIONAL SK { … }: the peer has seen what we sent. */
export function onInformationalResponse(ctx: Context, sa: IkeSaV2): void {
  const task = sa.outstanding?.task;
  settleRequest(ctx, sa);
  if (task?.kind === 'delete-ike') return abandon(ctx, sa, task.reason);
  armLiveness(ctx, sa);
}

/** RFC 7296 §1.4.1: the peer names its inbound SPIs, our outbound ones; the answer names the other halves. */
function deleteNamedChildren(ctx: Context, sa: IkeSaV2, payload: DeletePayload): Payload[] {
  const protocol: ChildProtocol = payload.protocol === PROTOCOL.AH ? 'ah' : 'esp';
  const named = new Set(payload.spis.map((spi) => new DataView(spi.buffer, spi.byteOffset).getUint32(0)));
  const gone: ChildSa[] = childrenOf(ctx, sa).filter(
    (child) => child.protocol === protocol && named.has(child.outboundSpi),
  );
  for (const child of gone) removeChild(ctx, sa, child, PEER_DELETED);
  return gone.length === 0
    ? []
    : [
        deleteChildren(
          protocol,
          gone.map((child) => child.inboundSpi),
        ),
      ];
}

const PEER_CLOSED: Reason = { code: 'peer-closed', text: 'the peer has closed the tunnel' };
const PEER_REFUSED: Reason = {
  code: 'authentication-failed',
  text: 'the peer refuses our authentication: the pre-shared keys differ, or our identity is not the one that it expects',
};
const PEER_DELETED: Reason = { code: 'peer-closed', text: 'the peer has deleted the Child SA' };
