import { SECOND } from '../../../base/time.ts';
import type { Context } from '../../common/context.ts';
import { holds, type OwnAddresses } from '../../common/own-addresses.ts';
import { ADDRESS_GONE } from '../../common/refusals.ts';
import type { RetransmitSchedule } from '../../common/retransmit.ts';
import { closeIkeSa, vanish } from '../close.ts';
import type { ContextV2 } from '../context.ts';
import { isProven } from '../liveness.ts';
import { addTask, resendRequest, sendRequest } from '../message-window.ts';
import type { IkeSaV2 } from '../state.ts';
import { moveTo, requestUpdate } from './initiator.ts';
import { furtherAddresses, tellAddresses } from './negotiation.ts';

const ANNOUNCE_SCHEDULE: RetransmitSchedule = { base: SECOND, factor: 1.8, transmissions: 7, jitter: 0.2 };

/**
 * The addresses of this machine have changed. With MOBIKE the original initiator moves (RFC 4555 §3.5); who has no such
 * means starts over from the new address, but only where the one in use is gone.
 */
export function onOwnAddresses(ctx: ContextV2, sa: IkeSaV2, own: OwnAddresses): void {
  const { address } = own;
  if (sa.phase === 'rekeyed' && address !== sa.local.address) return followSuccessor(ctx, sa, own);
  const mobile = sa.mobike !== undefined && sa.phase === 'established';
  if (mobile && sa.mobike?.decides === true && address !== sa.local.address)
    return moveTo(ctx, sa, { local: { address, port: sa.local.port }, remote: sa.remote });
  if (holds(own, sa.local.address)) return mobile ? announce(ctx, sa) : undefined;
  // From the old one nobody would hear the farewell.
  sa.local = { address, port: sa.local.port };
  if (sa.phase === 'deleting') return resendRequest(ctx, sa);
  if (sa.establishedAt === undefined && sa.role === 'responder') return vanish(ctx, sa, 'address-gone');
  closeIkeSa(ctx, sa, ADDRESS_GONE);
}

/** INFORMATIONAL SK { N(ADDITIONAL_…_ADDRESS)… or N(NO_ADDITIONAL_ADDRESSES) } --> (RFC 4555 §3.6) */
export function sendOwnAddresses(ctx: Context, sa: IkeSaV2): void {
  const told = furtherAddresses(sa, ctx.policies.get(sa.tunnel));
  if (sa.mobike !== undefined) sa.mobike.told = told;
  const task = { kind: 'announce-addresses' } as const;
  sendRequest(ctx, sa, { exchange: 'INFORMATIONAL', payloads: tellAddresses(told), schedule: ANNOUNCE_SCHEDULE, task });
}

/**
 * RFC 7296 §2.8: as long as the peer may not have our answer that made the successor, this one is all that it has. It
 * asks us again where it knows us to be, and is told of the change here as well: else it would ask where nobody is.
 */
function followSuccessor(ctx: ContextV2, sa: IkeSaV2, own: OwnAddresses): void {
  const isKnown = ctx.ikeSasV2Of(sa.tunnel).every((other) => other.phase !== 'established' || isProven(other));
  if (sa.mobike?.decides !== true && holds(own, sa.local.address)) return;
  sa.local = { address: own.address, port: sa.local.port };
  if (isKnown) return;
  if (sa.mobike?.decides === true) requestUpdate(ctx, sa);
  else closeIkeSa(ctx, sa, ADDRESS_GONE);
}

function announce(ctx: Context, sa: IkeSaV2): void {
  const told = sa.mobike?.told ?? [];
  const now = furtherAddresses(sa, ctx.policies.get(sa.tunnel));
  const known = told.length === now.length && now.every((address) => told.includes(address));
  const waits = sa.tasks.some(({ kind }) => kind === 'announce-addresses' || kind === 'update-addresses');
  if (!known && !waits) addTask(sa, { kind: 'announce-addresses' });
}
