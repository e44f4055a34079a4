import { toHex } from '../../../base/bytes.ts';
import { randomU32 } from '../../../base/entropy.ts';
import type { IpAddress } from '../../../base/net.ts';
import { attemptDuration } from '../../common/attempt.ts';
import { calledAddress } from '../../common/peer-places.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import { IKE_PORT } from '../../common/ports.ts';
import { NOTHING_TO_OFFER, UNRESOLVED } from '../../common/refusals.ts';
import { ZERO_SPI } from '../../wire/header.ts';
import type { ContextV1 } from '../context.ts';
import type { Path } from '../nat.ts';
import { ikeOffersToWire } from '../offers.ts';
import { type IkeSaV1, newIkeSa } from '../state.ts';
import { saPayload } from '../wire/sa.ts';
import { generateAggressive } from './aggressive-initiator.ts';
import { phase1Offers } from './initiator.ts';
import { sendMainOffer } from './main-initiator.ts';
import { newHandshake } from './phase1.ts';

export type Phase1Options = {
  /** Whether Child SAs are to follow, or only an older IKE SA is to be replaced. */
  readonly connects: boolean;
  /** The address of a peer that is given by name. */
  readonly resolved?: IpAddress;
  /** The IKE SA that is to be replaced: it knows where the peer is. */
  readonly from?: Pick<IkeSaV1, 'local' | 'remote' | 'nat'>;
};

/** Begins a new IKE SA with the peer of `policy`; only an event where there is nothing to begin with. */
export function startPhase1(ctx: ContextV1, policy: TunnelPolicy, options: Phase1Options): void {
  const id = ctx.newIkeSaId();
  const path = pathTo(policy, options);
  const offers = phase1Offers(ctx, policy);
  const offered = ikeOffersToWire(offers, { lifetime: policy.ikeLifetime });
  if (path === undefined || offered.length === 0) {
    const reason = path === undefined ? UNRESOLVED : NOTHING_TO_OFFER;
    return ctx.emit({ type: 'ike.failed', tunnel: policy.name, ikeSa: id, stage: 1, reason });
  }
  const offer = saPayload(offered);
  const sa = newIkeSa({
    id,
    tunnel: policy.name,
    role: 'initiator',
    mode: policy.mode,
    phase: 'larval',
    initiatorSpi: toHex(ctx.entropy.bytes(8)),
    responderSpi: ZERO_SPI,
    ...path,
    startedAt: ctx.now.mono,
    handshake: newHandshake(offer.body),
    firstSequence: randomU32(ctx.entropy) >>> 1,
  });
  sa.localId = policy.local.identity;
  sa.connects = options.connects;
  ctx.adopt(sa);
  ctx.setTimer(id, 'handshake', ctx.now.mono + attemptDuration(policy));
  ctx.emit({ type: 'ike.initiated', tunnel: policy.name, ikeSa: id, remote: sa.remote });
  if (policy.mode === 'main') sendMainOffer(ctx, sa, offer);
  else generateAggressive(ctx, sa, offers);
}

/** RFC 3947 §4: once there is a NAT, a new IKE SA begins on port 4500 as well, through the hole that is open. */
function pathTo(policy: TunnelPolicy, { from, resolved }: Phase1Options): Path | undefined {
  if (from !== undefined && from.remote.port !== IKE_PORT) return { local: from.local, remote: from.remote };
  const address = calledAddress(policy, resolved ?? from?.remote.address);
  if (address === undefined) return undefined;
  return { local: { address: policy.local.address, port: IKE_PORT }, remote: { address, port: IKE_PORT } };
}
