import { isDeclined, modeMismatch } from '../../common/child-mode.ts';
import type { Reason } from '../../common/reason.ts';
import { deleteNamedChildren, onChildrenDeleted } from '../child-deletion.ts';
import { hastenSwitches } from '../child-switch.ts';
import { childrenOf } from '../children.ts';
import { abandon, handOver } from '../close.ts';
import type { ContextV2 } from '../context.ts';
import { keepToken } from '../crash-token.ts';
import { armLiveness } from '../liveness.ts';
import { sendResponse, settleRequest } from '../message-window.ts';
import { echoCookie2 } from '../mobike/cookie2.ts';
import { answerAddresses, onAddressesAnswered } from '../mobike/informational.ts';
import { findNotify } from '../payload-set.ts';
import type { Received } from '../received.ts';
import type { IkeSaV2 } from '../state.ts';
import type { DeletePayload } from '../wire/delete.ts';
import { PROTOCOL } from '../wire/sa.ts';
import { awaken, rivalOf, takeOver } from './rekey-ike-initiator.ts';

/** INFORMATIONAL SK { [N, …] [D, …] } -->; an empty one asks whether we live and is answered by an empty one. */
export function onInformationalRequest(ctx: ContextV2, sa: IkeSaV2, received: Received): void {
  const deletes = received.payloads.filter((payload): payload is DeletePayload => payload.type === 'D');
  // RFC 7296 §1.4.1: with the IKE SA all of its Child SAs are gone; there is nothing more to say about them.
  const refused = findNotify(received.payloads, 'AUTHENTICATION_FAILED') !== undefined;
  // RFC 7296 §2.21.2: an initiator that does not believe us says only that, and means the same.
  if (refused || deletes.some(({ protocol }) => protocol === PROTOCOL.IKE)) {
    sendResponse(ctx, sa, received, { exchange: 'INFORMATIONAL', payloads: echoCookie2(received.payloads) });
    return endByPeer(ctx, sa, refused);
  }
  keepToken(sa, received.payloads);
  awaken(ctx, sa);
  const deleted = deletes.length === 0 ? [] : deleteNamedChildren(ctx, sa, deletes);
  const payloads = [...deleted, ...answerAddresses(ctx, sa, received)];
  sendResponse(ctx, sa, received, { exchange: 'INFORMATIONAL', payloads });
}

/** <-- INFORMATIONAL SK { … }: the peer has seen what we sent. */
export function onInformationalResponse(ctx: ContextV2, sa: IkeSaV2, received: Received): void {
  const task = sa.outstanding?.task;
  settleRequest(ctx, sa);
  if (task?.kind === 'delete-ike') return abandon(ctx, sa, task.reason);
  if (task?.kind === 'delete-children') onChildrenDeleted(ctx, sa, task);
  onAddressesAnswered(ctx, sa, task, received);
  armLiveness(ctx, sa);
}

/** RFC 7296 §2.8.2: a peer that has rekeyed it and knows nothing of our rekeying ends it all the same. */
function endByPeer(ctx: ContextV2, sa: IkeSaV2, refused: boolean): void {
  const rival = rivalOf(ctx, sa);
  if (rival !== undefined) takeOver(ctx, sa, rival);
  const told = hastenSwitches(ctx, sa);
  const carried = childrenOf(ctx, sa).filter(({ state }) => state !== 'deleting');
  const handed = carried.filter((child) => handOver(ctx, child, told.has(child.id)));
  const parting = [sa.outstanding?.task, ...sa.tasks].find((task) => task?.kind === 'delete-ike');
  const replaced = sa.phase === 'rekeyed' || (handed.length > 0 && handed.length === carried.length);
  const declined = carried.some((child) => isDeclined(child, ctx.now.mono));
  const byPeer = declined ? modeMismatch({}) : PEER_CLOSED;
  const closed = parting?.kind === 'delete-ike' ? parting.reason : byPeer;
  abandon(ctx, sa, refused ? PEER_REFUSED : replaced ? REPLACED : closed, { handed });
}

const PEER_CLOSED: Reason = { code: 'peer-closed', text: 'the peer has closed the tunnel' };
const PEER_REFUSED: Reason = {
  code: 'authentication-failed',
  text: 'the peer refuses our authentication: the pre-shared keys differ, or our identity is not the one that it expects',
};
const REPLACED: Reason = { code: 'replaced', text: 'its successor has taken over' };
