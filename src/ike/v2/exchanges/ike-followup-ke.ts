import { invariant } from '../../../base/errors.ts';
import type { KeyExchangeKeyword } from '../../../crypto/algorithms.ts';
import type { CipherSuite } from '../../../sa/proposal.ts';
import type { ContextV2 } from '../context.ts';
import type { Rounds } from '../creation.ts';
import { findNotify } from '../payload-set.ts';
import type { IkeSaV2 } from '../state.ts';
import type { Payload } from '../wire/payload.ts';
import { creationOf, newExchange } from './creation-exchange.ts';

/** What a peer may have us keep and send back; its link is a number or a reference of its own. */
const MAX_LINK_BYTES = 1_024;

/** The methods of the additional key exchanges that were agreed upon, in the order in which they are done. */
export function roundsOf({ additional = [] }: CipherSuite): KeyExchangeKeyword[] {
  return additional.map(({ method }) => method);
}

/** What the peer says of the next additional key exchange, if it expects one. */
export function findLink(payloads: readonly Payload[]): Uint8Array | undefined {
  const link = findNotify(payloads, 'ADDITIONAL_KEY_EXCHANGE')?.data;
  return link === undefined || link.length > MAX_LINK_BYTES ? undefined : link.slice();
}

/** RFC 9370 §2.2.4: what was agreed upon comes into being only after the next additional key exchange, or a later one. */
export function startRound(
  ctx: ContextV2,
  sa: IkeSaV2,
  known: Pick<Rounds, 'agreed' | 'secrets'> & { readonly link: Uint8Array | undefined },
  methods: readonly KeyExchangeKeyword[],
): void {
  const [method, ...left] = methods;
  const { agreed, secrets, link } = known;
  invariant(method !== undefined && link !== undefined, 'a round has a method and a link');
  const exchange = newExchange(ctx, method);
  creationOf(sa).rounds = { agreed, secrets, link, left, exchange, publicValue: new Uint8Array(0) };
  const job = { kind: 'ke.generate', ...exchange } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'follow-up-generated' } };
}
