import { equalBytes } from '../../base/bytes.ts';
import { hash } from '../../crypto/hash.ts';
import type { Work } from '../common/work.ts';
import { decodeHeader, EXCHANGE_V1, FLAG_V1, HEADER_BYTES, type IkeHeader, ZERO_SPI } from '../wire/header.ts';
import type { ContextV1 } from './context.ts';
import { onInformational, onUnprotectedInformational } from './exchanges/informational.ts';
import { onQuickModeMessage } from './exchanges/quick-mode.ts';
import { repeatAnswer } from './messages.ts';
import type { Received } from './received.ts';
import type { IkeSaV1 } from './state.ts';
import { findTransition } from './transitions.ts';
import { decodeMessage } from './wire/message.ts';
import { PAYLOAD_TYPE } from './wire/payload.ts';
import { addFragment, REASSEMBLY_LIMITS, UNAUTHENTICATED_REASSEMBLY_LIMITS } from './wire/reassembly.ts';

type Datagram = Extract<Work, { readonly kind: 'datagram' }>;

/**
 * A message for this IKE SA. A repetition is answered from memory; what is not due here is dropped before a payload is
 * read; nothing changes before the message has proven to be the peer's. @throws WireError
 */
export function receive(ctx: ContextV1, sa: IkeSaV1, datagram: Datagram): void {
  const header = decodeHeader(datagram.message);
  if (header.nextPayload === PAYLOAD_TYPE.FRAG) return receiveFragment(ctx, sa, header, datagram);
  receiveWhole(ctx, sa, header, datagram);
}

/** Fragments are not authenticated themselves: what they make up has to be. */
function receiveFragment(ctx: ContextV1, sa: IkeSaV1, header: IkeHeader, datagram: Datagram): void {
  const [fragment] = decodeMessage(header, datagram.message.subarray(HEADER_BYTES));
  if (fragment?.type !== 'FRAG') return;
  const limits = sa.establishedAt === undefined ? UNAUTHENTICATED_REASSEMBLY_LIMITS : REASSEMBLY_LIMITS;
  const result = addFragment(sa.reassembly, header, { ...fragment, data: fragment.data.slice() }, limits);
  if (result.kind === 'ignored') return ctx.drop(datagram.remote, result.why);
  sa.reassembly = result.kind === 'incomplete' ? result.state : undefined;
  if (result.kind === 'refused') return ctx.drop(datagram.remote, result.why);
  if (result.kind === 'complete') receiveWhole(ctx, sa, result.header, { ...datagram, message: result.message });
}

function receiveWhole(ctx: ContextV1, sa: IkeSaV1, header: IkeHeader, datagram: Datagram): void {
  const { local, remote, message } = datagram;
  const received = { header, body: message.subarray(HEADER_BYTES), digest: hash('sha256', message), local, remote };
  switch (header.exchangeType) {
    case EXCHANGE_V1.MAIN_MODE:
    case EXCHANGE_V1.AGGRESSIVE_MODE:
      return receivePhase1(ctx, sa, received);
    case EXCHANGE_V1.QUICK_MODE:
      return receiveQuickMode(ctx, sa, received);
    case EXCHANGE_V1.INFORMATIONAL:
      return receiveInformational(ctx, sa, received);
    default:
      // Among others New Group Mode, and the transactions of XAUTH and Mode Config, which we know by name only.
      return ctx.drop(remote, 'unexpected-message');
  }
}

function receivePhase1(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const { header, digest, remote } = received;
  if (sa.role === 'initiator' && header.responderSpi === ZERO_SPI) return ctx.drop(remote, 'reflection');
  if (sa.last?.answers !== undefined && equalBytes(sa.last.answers, digest))
    return repeatAnswer(ctx, sa.last, received, sa.phase !== 'mm2-sent' && sa.phase !== 'am2-sent');
  const transition = findTransition(sa, header.exchangeType, isEncrypted(header));
  if (transition === undefined || header.messageId !== 0 || !knowsResponder(header))
    return ctx.drop(remote, 'unexpected-message');
  transition.run(ctx, sa, received);
}

function receiveQuickMode(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const { header, remote } = received;
  if (sa.phase === 'am2-sent' && sa.last !== undefined) {
    // The initiator goes on, so its third message was lost: with ours again it repeats that. It knows our SPI, which
    // proves the way back to where it began, and to nowhere else.
    const proven = knowsResponder(header) && remote.address === sa.origin.address;
    return proven ? repeatAnswer(ctx, sa.last, received, true) : ctx.drop(remote, 'unexpected-message');
  }
  const due = sa.establishedAt !== undefined && isEncrypted(header) && header.messageId !== 0 && knowsResponder(header);
  if (!due) return ctx.drop(remote, 'unexpected-message');
  onQuickModeMessage(ctx, sa, received);
}

function receiveInformational(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  if (sa.establishedAt === undefined) return onUnprotectedInformational(ctx, sa, received);
  const { header } = received;
  const due = isEncrypted(header) && header.messageId !== 0 && knowsResponder(header);
  if (!due) return ctx.drop(received.remote, 'unexpected-message');
  onInformational(ctx, sa, received);
}

/** The first message alone has no responder SPI; whoever leaves it out later has not seen our answer, or is ourselves. */
function knowsResponder(header: IkeHeader): boolean {
  return header.responderSpi !== ZERO_SPI;
}

function isEncrypted(header: IkeHeader): boolean {
  return (header.flags & FLAG_V1.ENCRYPTION) !== 0;
}
