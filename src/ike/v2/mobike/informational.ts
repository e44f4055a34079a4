import { sameEndpoint } from '../../../base/net.ts';
import type { Context } from '../../common/context.ts';
import type { Reason } from '../../common/reason.ts';
import { closeIkeSa } from '../close.ts';
import { natNotifies, tellsOfNat } from '../exchanges/ike-sa-init.ts';
import { findNotify } from '../payload-set.ts';
import type { Received } from '../received.ts';
import type { IkeSaV2, Task } from '../state.ts';
import { decodeNoNatsAllowed } from '../wire/mobike.ts';
import { type NotifyPayload, notifyPayload } from '../wire/notify.ts';
import { echoCookie2, returnsCookie2 } from './cookie2.ts';
import { moveTo, onMappingTold, onUpdateAnswered } from './initiator.ts';
import { readPeerAddresses } from './negotiation.ts';
import { onPeerChecked, takeUpdate } from './responder.ts';

/** What an INFORMATIONAL request has to do with addresses, and what the answer says of them (RFC 4555 §3.5 to §3.9). */
export function answerAddresses(ctx: Context, sa: IkeSaV2, received: Received): NotifyPayload[] {
  const { payloads } = received;
  const echo = echoCookie2(payloads);
  if (sa.mobike === undefined || sa.phase !== 'established') return echo;
  if (meetsForbiddenNat(received)) return [notifyPayload('UNEXPECTED_NAT_DETECTED'), ...echo];
  const addresses = readPeerAddresses(payloads);
  if (addresses !== undefined) sa.mobike.peerAddresses = addresses;
  const updates = !sa.mobike.decides && findNotify(payloads, 'UPDATE_SA_ADDRESSES') !== undefined;
  const verdict = updates ? takeUpdate(ctx, sa, received) : [];
  if (addresses !== undefined && sa.mobike.decides) followResponder(ctx, sa, received);
  return [...verdict, ...natAnswer(sa, received), ...echo];
}

/** The answer to a request of ours that may have been about addresses. */
export function onAddressesAnswered(ctx: Context, sa: IkeSaV2, task: Task | undefined, received: Received): void {
  if (task === undefined || sa.mobike === undefined) return;
  // RFC 4555 §3.7: whoever answers without having seen the request answers for somebody else.
  if ('cookie' in task && !returnsCookie2(task.cookie, received.payloads)) return closeIkeSa(ctx, sa, WRONG_COOKIE2);
  if (task.kind === 'update-addresses') onUpdateAnswered(ctx, sa, task, received);
  else if (task.kind === 'check-address') onPeerChecked(ctx, sa, task);
  else if (task.kind === 'liveness') onMappingTold(ctx, sa, received);
}

/**
 * RFC 4555 §3.9: the peer forbids translators, and the message has met one. What is malformed matches nothing. Also for
 * IKE_AUTH.
 */
export function meetsForbiddenNat({ payloads, local, remote }: Received): boolean {
  const forbidden = findNotify(payloads, 'NO_NATS_ALLOWED');
  if (forbidden === undefined) return false;
  const said = decodeNoNatsAllowed(forbidden);
  return said === undefined || !sameEndpoint(said.source, remote) || !sameEndpoint(said.destination, local);
}

/**
 * RFC 4555 §3.5, §3.6: the responder tells its addresses from one that we do not use, and the one that we use is not
 * among them: it has lost that.
 */
function followResponder(ctx: Context, sa: IkeSaV2, { local, remote }: Received): void {
  const lost = !sameEndpoint(remote, sa.remote) && sa.mobike?.peerAddresses.includes(sa.remote.address) === false;
  if (lost && remote.address !== sa.remote.address) moveTo(ctx, sa, { local, remote });
}

/** RFC 4555 §3.8: whoever asks how it is seen is told. */
function natAnswer(sa: IkeSaV2, { payloads, local, remote }: Received): NotifyPayload[] {
  return tellsOfNat(payloads) ? natNotifies(sa, { local, remote }, sa.nat.forced === true) : [];
}

const WRONG_COOKIE2: Reason = {
  code: 'protocol-error',
  text: 'the peer cannot show that it receives what is sent to its address',
};
