import { toHex } from '../../../base/bytes.ts';
import { randomU32 } from '../../../base/entropy.ts';
import { SECOND } from '../../../base/time.ts';
import { restrictProposals } from '../../../sa/proposal.ts';
import { type SuiteMismatch, selectSuite } from '../../../sa/suite-selection.ts';
import type { Context } from '../../common/context.ts';
import { type Evidence, proposalTexts } from '../../common/evidence.ts';
import type { Admission } from '../../common/half-open.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import type { Reason } from '../../common/reason.ts';
import type { IkeHeader } from '../../wire/header.ts';
import type { ContextV1 } from '../context.ts';
import { recordMessage } from '../message-record.ts';
import { sendClearNotify } from '../messages.ts';
import type { Path } from '../nat.ts';
import { ikeNotify } from '../notifies.ts';
import { requirePayload } from '../payload-set.ts';
import { type IkeOffer, readIkeOffers } from '../proposals.ts';
import { type IkeSaV1, newIkeSa } from '../state.ts';
import type { NOTIFY } from '../wire/notify.ts';
import type { PayloadV1 } from '../wire/payload.ts';
import { newHandshake } from './phase1.ts';

/** How long an initiator may take to prove who it is. */
export const HALF_OPEN_TIME = 30 * SECOND;

/** RFC 8019 §4.1: under attack, how long it may take to show that it gets our answer at all. */
const PRESSED_TIME = 5 * SECOND;

/** A first message from somebody unknown, and what decides whether it may cost us anything. */
export type Phase1Request = {
  readonly header: IkeHeader;
  readonly message: Uint8Array;
  readonly path: Path;
  readonly admit: (proven: boolean, isKnown: () => boolean) => Admission;
};

/** The first message, read, with the tunnels that it may be about. */
export type Opening = Phase1Request & {
  readonly mode: IkeSaV1['mode'];
  readonly payloads: readonly PayloadV1[];
  readonly candidates: readonly TunnelPolicy[];
  /** There are so many half-open IKE SAs that it looks like an attack. */
  readonly pressed: boolean;
};

/** A responding IKE SA for what was chosen, half-open until the initiator has proven itself. */
export function newResponder(ctx: ContextV1, opening: Opening, policy: TunnelPolicy, choice: Choice): IkeSaV1 {
  const id = ctx.newIkeSaId();
  const { lifetime } = choice.offer.lifetimes;
  const handshake = newHandshake(requirePayload(opening.payloads, 'SA').body.slice());
  handshake.offer = choice.offer;
  handshake.method = choice.suite.keyExchange;
  handshake.offeredLifetime = lifetime;
  handshake.lifetime = Math.min(policy.ikeLifetime, lifetime ?? policy.ikeLifetime);
  const sa = newIkeSa({
    id,
    // What one peer of many gets is there once it has proven who it is.
    tunnel: policy.template ?? policy.name,
    role: 'responder',
    mode: opening.mode,
    phase: 'larval',
    initiatorSpi: opening.header.initiatorSpi,
    responderSpi: toHex(ctx.entropy.bytes(8)),
    local: opening.path.local,
    remote: opening.path.remote,
    startedAt: ctx.now.mono,
    handshake,
    firstSequence: randomU32(ctx.entropy) >>> 1,
  });
  sa.suite = choice.suite;
  ctx.adopt(sa);
  recordMessage(ctx, sa, 'received', opening.header, opening.payloads);
  ctx.setTimer(id, 'half-open', ctx.now.mono + (opening.pressed ? PRESSED_TIME : HALF_OPEN_TIME));
  return sa;
}

export type Choice = { readonly suite: NonNullable<IkeSaV1['suite']>; readonly offer: IkeOffer };

/** The first tunnel of the candidates whose proposals go with those of the initiator; which it is shows only later. */
export function chooseSuite(
  ctx: Context,
  candidates: readonly TunnelPolicy[],
  payloads: readonly PayloadV1[],
): (Choice & { readonly policy: TunnelPolicy }) | Reason {
  const offers = readIkeOffers(requirePayload(payloads, 'SA').proposals);
  const peer = offers.map(({ proposal }) => proposal);
  let mismatch: SuiteMismatch | undefined;
  for (const policy of candidates) {
    const selected = selectSuite(restrictProposals(policy.ikeProposals, ctx.capabilities), peer, 'ike');
    const offer = 'suite' in selected ? offers[selected.peerIndex] : undefined;
    if ('suite' in selected && offer !== undefined) return { suite: selected.suite, offer, policy };
    if ('mismatch' in selected) mismatch ??= selected;
  }
  const evidence: Evidence = {
    proposals: proposalTexts(peer),
    ...(mismatch === undefined ? {} : { mismatch: mismatch.mismatch }),
  };
  return { code: 'no-proposal-chosen', text: `the IKE proposals do not match: ${mismatch?.text}`, evidence };
}

/** Says no, once for each message and in less than it has, so that nobody can use us to flood others. */
export function refuseOpening(
  ctx: ContextV1,
  opening: Pick<Opening, 'header' | 'path'>,
  refusal: { readonly tunnel: string | undefined; readonly notify: keyof typeof NOTIFY; readonly reason: Reason },
): void {
  const { header, path } = opening;
  const { tunnel, reason } = refusal;
  const spis = { initiatorSpi: header.initiatorSpi, responderSpi: toHex(ctx.entropy.bytes(8)) };
  sendClearNotify(ctx, spis, path, ikeNotify(spis, refusal.notify));
  tellRefusal(ctx, path, tunnel, reason);
}

/** For the operator, at a limited rate. */
export function tellRefusal(ctx: Context, path: Path, tunnel: string | undefined, reason: Reason): void {
  if (!ctx.isTimely(`refused ${tunnel ?? 'nobody'}`)) return;
  ctx.emit({ type: 'peer.refused', remote: path.remote, ...(tunnel === undefined ? {} : { tunnel }), reason });
}
