import { type Duration, SECOND } from '../../../base/time.ts';
import { candidatesFor } from '../../common/candidates.ts';
import { EXCHANGE_V1, HEADER_BYTES } from '../../wire/header.ts';
import type { ContextV1 } from '../context.ts';
import { decodeMessage } from '../wire/message.ts';
import { addFragment, UNAUTHENTICATED_REASSEMBLY_LIMITS } from '../wire/reassembly.ts';
import type { Phase1Request } from './responder.ts';

/** Nobody has proven anything: so many first messages may be in pieces at once, and for so long. */
const MAX_PARTIAL = 32;
const MAX_AGE: Duration = 10 * SECOND;

/**
 * The first message of Aggressive Mode is long, and some initiators send it in fragments before they can know whether
 * we take them. Returns the whole one with its last fragment, undefined until then. @throws WireError
 */
export function completeOpening(ctx: ContextV1, request: Phase1Request): Phase1Request | undefined {
  const { header, message, path } = request;
  const wanted = candidatesFor(ctx.policies, 1, path.local, path.remote).some(
    (policy) => policy.mode === 'aggressive' && ctx.admits(policy),
  );
  const [fragment] = decodeMessage(header, message.subarray(HEADER_BYTES));
  if (!wanted || header.exchangeType !== EXCHANGE_V1.AGGRESSIVE_MODE || fragment?.type !== 'FRAG')
    return dropped(ctx, request, 'no-tunnel-for-peer');
  const partial = ctx.partialOpenings;
  const key = `${path.remote.address}|${path.remote.port}|${header.initiatorSpi}`;
  for (const [other, { at }] of partial) if (ctx.now.mono - at > MAX_AGE) partial.delete(other);
  const state = partial.get(key)?.state;
  const piece = { ...fragment, data: fragment.data.slice() };
  const result = addFragment(state, header, piece, UNAUTHENTICATED_REASSEMBLY_LIMITS);
  if (result.kind === 'ignored') return dropped(ctx, request, result.why);
  partial.delete(key);
  if (result.kind === 'refused') return dropped(ctx, request, result.why);
  if (result.kind === 'complete') return { ...request, header: result.header, message: result.message };
  const [eldest] = partial.keys();
  if (partial.size >= MAX_PARTIAL && eldest !== undefined) partial.delete(eldest);
  partial.set(key, { state: result.state, at: ctx.now.mono });
  return undefined;
}

function dropped(ctx: ContextV1, { path }: Phase1Request, why: string): undefined {
  ctx.drop(path.remote, why);
  return undefined;
}
