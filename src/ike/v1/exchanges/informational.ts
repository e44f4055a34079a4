import { equalBytes } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';
import { constantTimeEqual } from '../../../crypto/constant-time.ts';
import type { ChildSa } from '../../../sa/child-sa.ts';
import type { ChildProtocol } from '../../../sa/proposal.ts';
import type { Evidence } from '../../common/evidence.ts';
import type { Reason } from '../../common/reason.ts';
import { WRONG_KEY } from '../../common/refusals.ts';
import { FLAG_V1 } from '../../wire/header.ts';
import { removeChild, spiBytes } from '../child-end.ts';
import { reviveSuperseded } from '../child-succession.ts';
import { abandon, noteRefusal } from '../close.ts';
import type { ContextV1 } from '../context.ts';
import { onDpdNotify } from '../dpd.ts';
import { hash1 } from '../hashes.ts';
import { onClosedByPeer } from '../ike-sa-loss.ts';
import { familyOf } from '../ike-sas.ts';
import { onInitialContact } from '../initial-contact.ts';
import { decryptBody } from '../iv-chain.ts';
import { recordMessage } from '../message-record.ts';
import { cipherOf, hashKey, ivsOf, rememberInformational, repeatAnswer } from '../messages.ts';
import { CHILD_PROTOCOL, spiPair } from '../notifies.ts';
import { findError } from '../payload-set.ts';
import type { Received } from '../received.ts';
import type { IkeSaV1 } from '../state.ts';
import type { DeletePayload } from '../wire/delete.ts';
import { readDpdNotify } from '../wire/dpd.ts';
import { decodeMessage, hashedPart } from '../wire/message.ts';
import { isErrorNotify, NOTIFY, type NotifyPayload, notifyName } from '../wire/notify.ts';
import { decodeChain, type PayloadV1 } from '../wire/payload.ts';
import { PROTOCOL } from '../wire/sa.ts';
import { wrongKey } from './main-responder.ts';
import { hastenSwitch } from './quick-mode-child.ts';
import { onQuickModeRefused, planQuickModes } from './quick-mode-initiator.ts';
import { tellRefusal } from './responder.ts';

/** HDR*, HASH(1), N | D: RFC 2409 §5.7. Nothing happens before the hash is verified. @throws WireError */
export function onInformational(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const { header, body, remote } = received;
  const { messageId } = header;
  if (sa.usedInformationalIds.includes(messageId)) return ctx.drop(remote, 'message-id-reused');
  const opened = decryptBody(ivsOf(sa), cipherOf(sa), messageId, body);
  const part = opened === undefined ? undefined : hashedPart(header, opened.bytes);
  if (opened === undefined || part === undefined) return ctx.drop(remote, 'not-authentic');
  if (!constantTimeEqual(part.hash, hash1(hashKey(sa, messageId), part.covered)))
    return ctx.drop(remote, 'not-authentic');
  const payloads = decodeChain(part.chain);
  recordMessage(ctx, sa, 'received', header, payloads);
  rememberInformational(sa, messageId, payloads);
  for (const payload of payloads) {
    // Nothing that is said behind the Delete of the IKE SA counts.
    if (sa.keys === undefined) return;
    if (payload.type === 'D') onDelete(ctx, sa, payload);
    else if (payload.type === 'N') onNotify(ctx, sa, { received, payload, hashLast: part.last });
  }
}

/**
 * Before phase 1 is over nobody can prove anything in an informational exchange. It is a hint of why the peer does not
 * go on; one that is encrypted under keys that are not ours tells that the pre-shared keys differ.
 */
export function onUnprotectedInformational(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const { header, body, remote } = received;
  ctx.drop(remote, 'unprotected-informational');
  if ((header.flags & FLAG_V1.ENCRYPTION) !== 0) return onUnreadable(ctx, sa, received);
  const payloads = decodeMessage(header, body);
  recordMessage(ctx, sa, 'received', header, payloads);
  const error = findError(payloads);
  if (error === undefined) return;
  if (sa.role === 'initiator') noteRefusal(ctx, sa, refusalOf(sa, error));
  else if (sa.phase === 'am2-sent') tellRefusal(ctx, received, sa.tunnel, refusalOf(sa, error));
}

function onUnreadable(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const readable = readEarly(sa, received);
  // As with a Quick Mode: the initiator goes on, so its third message was lost.
  if (readable !== undefined && sa.phase === 'am2-sent' && sa.last !== undefined)
    return repeatAnswer(ctx, sa.last, received, true);
  const error = readable === undefined ? undefined : findError(readable);
  if (sa.role === 'initiator' && sa.phase === 'mm5-sent') {
    // What can be read is the peer's own word, as nobody else has these keys.
    if (error === undefined) noteRefusal(ctx, sa, WRONG_KEY);
    else abandon(ctx, sa, refusalOf(sa, error, 'shown'));
  } else if (sa.role === 'responder' && sa.phase === 'am2-sent') {
    const policy = ctx.policies.get(sa.tunnel);
    if (policy !== undefined && error === undefined) tellRefusal(ctx, received, policy.name, wrongKey([policy]));
  }
}

/** Where the peer already has our keys, as after our fifth message of Main Mode, its refusal is authentic. */
function readEarly(sa: IkeSaV1, { header, body }: Received): readonly PayloadV1[] | undefined {
  if (sa.keys === undefined || sa.ivs === undefined) return undefined;
  try {
    const opened = decryptBody(sa.ivs, cipherOf(sa), header.messageId, body);
    const part = opened === undefined ? undefined : hashedPart(header, opened.bytes);
    if (opened === undefined || part === undefined) return undefined;
    const genuine = constantTimeEqual(part.hash, hash1(hashKey(sa, header.messageId), part.covered));
    return genuine ? decodeChain(part.chain) : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function refusalOf(sa: IkeSaV1, error: NotifyPayload, proof?: 'shown'): Reason {
  const notify = notifyName(error.notify);
  const evidence: Evidence = { notify, ...(proof === undefined ? {} : { proof }) };
  const text = `the peer refuses ${sa.mode === 'main' ? 'Main' : 'Aggressive'} Mode with ${notify}`;
  return { ...(REFUSALS.get(error.notify) ?? { code: 'protocol-error', text }), evidence };
}

const REFUSALS: ReadonlyMap<number, Reason> = new Map<number, Reason>([
  [
    NOTIFY.NO_PROPOSAL_CHOSEN,
    {
      code: 'no-proposal-chosen',
      text: 'the peer accepts none of our IKE proposals, or has no IKEv1 connection for our address',
    },
  ],
  [
    NOTIFY.AUTHENTICATION_FAILED,
    {
      code: 'authentication-failed',
      text: 'the peer refuses our authentication: the pre-shared keys differ, it does not know our identity, or it is configured for the other mode (main, aggressive)',
    },
  ],
  [
    NOTIFY.INVALID_ID_INFORMATION,
    { code: 'peer-identity-mismatch', text: 'the peer does not know our identity, or does not accept ours of it' },
  ],
  [
    NOTIFY.PAYLOAD_MALFORMED,
    {
      code: 'authentication-failed',
      text: 'the peer cannot read what we send: most likely the pre-shared keys differ',
    },
  ],
]);

function onDelete(ctx: ContextV1, sa: IkeSaV1, payload: DeletePayload): void {
  if (payload.protocol === PROTOCOL.ISAKMP) {
    const ours = payload.spis.some((spi) => equalBytes(spi, spiPair(sa)));
    if (!ours) return;
    return onClosedByPeer(ctx, sa, PEER_CLOSED);
  }
  const protocol = protocolOf(payload.protocol);
  const named = (child: ChildSa) =>
    child.protocol === protocol && payload.spis.some((spi) => equalBytes(spi, spiBytes(child.outboundSpi)));
  // The peer names its inbound SPIs, which are our outbound ones; only those of its own tunnels are its to delete.
  const gone = familyOf(ctx, sa).flatMap((tunnel) => ctx.childrenOf(tunnel).filter(named));
  for (const child of gone) removeChild(ctx, child, PEER_DELETED);
  const unsent = gone.flatMap((child) => reviveSuperseded(ctx, child) ?? []);
  for (const tunnel of new Set(gone.map((child) => child.tunnel))) {
    hastenSwitch(ctx, tunnel);
    const wanted = unsent.filter((child) => child.tunnel === tunnel).flatMap(selectorsOf);
    if (wanted.length > 0) planQuickModes(ctx, sa, tunnel, wanted);
  }
}

function selectorsOf({ localSelectors: [local], remoteSelectors: [remote] }: ChildSa) {
  return local === undefined || remote === undefined ? [] : [{ local, remote }];
}

function protocolOf(number: number): ChildProtocol | undefined {
  return (['esp', 'ah'] as const).find((protocol) => CHILD_PROTOCOL[protocol] === number);
}

function onNotify(
  ctx: ContextV1,
  sa: IkeSaV1,
  arrival: { readonly received: Received; readonly payload: NotifyPayload; readonly hashLast: boolean },
): void {
  const { received, payload } = arrival;
  const dpd = readDpdNotify(payload);
  if (dpd !== undefined) {
    sa.dpd.hashLast = arrival.hashLast;
    return onDpdNotify(ctx, sa, received, dpd);
  }
  if (payload.notify === NOTIFY.INITIAL_CONTACT) return onInitialContact(ctx, sa);
  if (isErrorNotify(payload.notify)) return onQuickModeRefused(ctx, sa, payload);
}

const PEER_CLOSED: Reason = { code: 'peer-closed', text: 'the peer has closed the IKE SA' };
const PEER_DELETED: Reason = { code: 'peer-closed', text: 'the peer has deleted the Child SA' };
