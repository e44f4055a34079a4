import { invariant } from '../../../base/errors.ts';
import { type KeyExchangeKeyword, keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { ContextV2 } from '../context.ts';
import type { Creation } from '../creation.ts';
import type { IkeSaV2 } from '../state.ts';
import type { Payload } from '../wire/payload.ts';

/** The CREATE_CHILD_SA of ours that is under way. */
export function creationOf(sa: IkeSaV2): Creation {
  invariant(sa.creation !== undefined, 'a CREATE_CHILD_SA of ours has its state');
  return sa.creation;
}

export function newExchange(ctx: ContextV2, method: KeyExchangeKeyword) {
  return { method, privateKey: ctx.entropy.bytes(privateKeyBytes(method)) };
}

export function kePayload(method: KeyExchangeKeyword, data: Uint8Array): Payload {
  return { type: 'KE', method: keyExchangeMethod(method).group, data };
}
