import { childMode } from '../common/child-mode.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { ChildNegotiation } from './creation.ts';
import { findNotify } from './payload-set.ts';
import { notifyPayload } from './wire/notify.ts';
import type { Payload } from './wire/payload.ts';

type Mode = Pick<ChildNegotiation, 'mode' | 'declined'>;

/** What asks for transport mode, and says yes to it (RFC 7296 §1.3.1); tunnel mode is said by leaving it out. */
export function modeNotify(mode: ChildNegotiation['mode'] | undefined): Payload[] {
  return mode === 'transport' ? [notifyPayload('USE_TRANSPORT_MODE')] : [];
}

/**
 * The responder's choice. RFC 7296 §1.3.1 lets it decline transport mode by saying nothing of it: then it is tunnel mode,
 * unless the initiator has no use for that. It cannot ask for transport mode itself, so that a tunnel which is to have
 * that refuses anything else.
 */
export function answerMode(policy: TunnelPolicy, payloads: readonly Payload[]): Mode | undefined {
  const isAsked = findNotify(payloads, 'USE_TRANSPORT_MODE') !== undefined;
  if (childMode(policy) === 'transport') return isAsked ? { mode: 'transport' } : undefined;
  return isAsked ? { mode: 'tunnel', declined: true } : { mode: 'tunnel' };
}

/** What the initiator takes: the mode that is configured, and no other. */
export function acceptMode(policy: TunnelPolicy, payloads: readonly Payload[]): Mode | undefined {
  const mode = findNotify(payloads, 'USE_TRANSPORT_MODE') === undefined ? 'tunnel' : 'transport';
  return mode === childMode(policy) ? { mode } : undefined;
}
