import { candidatesFor } from '../../common/candidates.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import type { Reason } from '../../common/reason.ts';
import { tellVersionMismatch } from '../../common/version-mismatch.ts';
import { EXCHANGE_V1, FLAG_V1, HEADER_BYTES } from '../../wire/header.ts';
import type { ContextV1 } from '../context.ts';
import { requirePayload } from '../payload-set.ts';
import type { IkeSaV1 } from '../state.ts';
import { decodeMessage } from '../wire/message.ts';
import { PAYLOAD_TYPE } from '../wire/payload.ts';
import { answerAggressive } from './aggressive-responder.ts';
import { answerMain } from './main-responder.ts';
import { completeOpening } from './partial-opening.ts';
import { type Phase1Request, refuseOpening } from './responder.ts';

/** Our limit: no first message of any known daemon comes near it. */
const MAX_FIRST_BYTES = 10_000;

/**
 * A first message of Main or Aggressive Mode. IKEv1 is spoken only with peers that a tunnel of that version and mode is
 * configured for; nobody else gets an answer. @throws WireError
 */
export function answerPhase1(ctx: ContextV1, request: Phase1Request): void {
  const isFragment = request.header.nextPayload === PAYLOAD_TYPE.FRAG;
  const whole = isFragment ? completeOpening(ctx, request) : request;
  if (whole !== undefined) answerWhole(ctx, whole);
}

function answerWhole(ctx: ContextV1, request: Phase1Request): void {
  const { header, message, path, admit } = request;
  const mode = MODES.get(header.exchangeType);
  const first = header.messageId === 0 && (header.flags & FLAG_V1.ENCRYPTION) === 0;
  if (mode === undefined || !first) return ctx.drop(path.remote, 'no-such-ike-sa');
  if (message.length > MAX_FIRST_BYTES) return ctx.drop(path.remote, 'too-large');
  const allowed = candidatesFor(ctx.policies, 1, path.local, path.remote).filter((one) => ctx.admits(one));
  const candidates = allowed.filter((policy) => policy.mode === mode);
  if (candidates.length === 0) return refuseUnconfigured(ctx, request, mode, allowed);
  const isKnown = () => candidates.some((policy) => policy.remote.address.kind === 'address');
  const pressed = admit(false, isKnown) !== 'admit';
  // IKEv1 has no cookies to ask for. Main Mode costs us little before the third message proves the way back.
  if (pressed && (mode === 'aggressive' || admit(true, isKnown) !== 'admit'))
    return ctx.drop(path.remote, 'too-many-half-open');
  const payloads = decodeMessage(header, message.subarray(HEADER_BYTES));
  const opening = { header, message, path, admit, mode, candidates, payloads, pressed };
  if (mode === 'main') answerMain(ctx, opening);
  else answerAggressive(ctx, opening);
}

const MODES: ReadonlyMap<number, IkeSaV1['mode']> = new Map([
  [EXCHANGE_V1.MAIN_MODE, 'main'],
  [EXCHANGE_V1.AGGRESSIVE_MODE, 'aggressive'],
]);

const MODE_NAMES = { main: 'Main Mode', aggressive: 'Aggressive Mode' } as const;

function refuseUnconfigured(
  ctx: ContextV1,
  { header, message, path }: Phase1Request,
  mode: IkeSaV1['mode'],
  allowed: readonly TunnelPolicy[],
): void {
  const [policy] = allowed;
  if (policy !== undefined) {
    // Nobody gets an answer to less than it has.
    requirePayload(decodeMessage(header, message.subarray(HEADER_BYTES)), 'SA');
    const text = `the peer asks for ${MODE_NAMES[mode]}, this tunnel is configured for ${MODE_NAMES[policy.mode]} (ike.mode)`;
    const reason: Reason = { code: 'mode-mismatch', text, evidence: { mode } };
    return refuseOpening(ctx, { header, path }, { tunnel: policy.name, notify: 'AUTHENTICATION_FAILED', reason });
  }
  ctx.drop(path.remote, 'no-tunnel-for-peer');
  tellVersionMismatch(ctx, 1, path);
}
