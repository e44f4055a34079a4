import { EXCHANGE_V1 } from '../wire/header.ts';
import type { ContextV1 } from './context.ts';
import { onAggressiveAnswer } from './exchanges/aggressive-initiator.ts';
import { onAggressiveProof } from './exchanges/aggressive-responder.ts';
import { onMainKey, onMainProof as onResponderProof, onSaChosen } from './exchanges/main-initiator.ts';
import { onMainProof as onInitiatorProof, onMainKeyRequest } from './exchanges/main-responder.ts';
import type { Received } from './received.ts';
import type { IkeSaV1, Phase } from './state.ts';

export type Transition = {
  readonly story: string;
  readonly exchange: 'MAIN_MODE' | 'AGGRESSIVE_MODE';
  readonly role: IkeSaV1['role'];
  readonly phase: Phase;
  /** `either`: RFC 2409 §5.4 lets the third message of Aggressive Mode come in the clear. */
  readonly encrypted: boolean | 'either';
  readonly run: (ctx: ContextV1, sa: IkeSaV1, received: Received) => void;
};

/** All of phase 1 that may happen to an IKE SA from outside; what has no row is dropped before a payload is read. */
// biome-ignore format: one transition, one row
export const TRANSITIONS: readonly Transition[] = [
  { story: 'learn what the responder chose', exchange: 'MAIN_MODE', role: 'initiator', phase: 'mm1-sent', encrypted: false, run: onSaChosen },
  { story: 'answer with our public value', exchange: 'MAIN_MODE', role: 'responder', phase: 'mm2-sent', encrypted: false, run: onMainKeyRequest },
  { story: 'agree on the keys and prove who we are', exchange: 'MAIN_MODE', role: 'initiator', phase: 'mm3-sent', encrypted: false, run: onMainKey },
  { story: 'find out who the initiator is by the key that it has', exchange: 'MAIN_MODE', role: 'responder', phase: 'mm4-sent', encrypted: true, run: onInitiatorProof },
  { story: 'authenticate the responder', exchange: 'MAIN_MODE', role: 'initiator', phase: 'mm5-sent', encrypted: true, run: onResponderProof },
  { story: 'authenticate the responder and prove who we are', exchange: 'AGGRESSIVE_MODE', role: 'initiator', phase: 'am1-sent', encrypted: false, run: onAggressiveAnswer },
  { story: 'authenticate the initiator', exchange: 'AGGRESSIVE_MODE', role: 'responder', phase: 'am2-sent', encrypted: 'either', run: onAggressiveProof },
];

/** The row for a message of this kind at this point; undefined where there is none. */
export function findTransition(
  sa: Pick<IkeSaV1, 'role' | 'phase'>,
  exchangeType: number,
  encrypted: boolean,
): Transition | undefined {
  return TRANSITIONS.find(
    (row) =>
      EXCHANGE_V1[row.exchange] === exchangeType &&
      row.role === sa.role &&
      row.phase === sa.phase &&
      (row.encrypted === 'either' || row.encrypted === encrypted),
  );
}
