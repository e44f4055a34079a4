import { SECOND } from '../../../base/time.ts';
import type { Context } from '../../common/context.ts';
import { holds, type OwnAddresses } from '../../common/own-addresses.ts';
import { ADDRESS_GONE } from '../../common/refusals.ts';
import type { RetransmitSchedule } from '../../common/retransmit.ts';
import { closeIkeSa, vanish } from '../close.ts';
import { addTask, resendRequest, sendRequest } from '../message-window.ts';
import type { IkeSaV2 } from '../state.ts';
import { moveTo } from './initiator.ts';
import { furtherAddresses, tellAddresses } from './negotiation.ts';

const ANNOUNCE_SCHEDULE: RetransmitSchedule = { base: SECOND, factor: 1.8, transmissions: 7, jitter: 0.2 };

/**
 * The addresses of this machine have changed. With MOBIKE the original initiator moves (RFC 4555 §3.5); who has no such
 * means starts over from the new address, but only where the one in use is gone.
 */
export function onOwnAddresses(ctx: Context, sa: IkeSaV2, own: OwnAddresses): void {
  const { address } = own;
  const mobile = sa.mobike !== undefined && sa.phase === 'established';
  if (mobile && sa.mobike?.decides === true && address !== sa.local.address)
    return moveTo(ctx, sa, { local: { address, port: sa.local.port }, remote: sa.remote });
  if (holds(own, sa.local.address)) return mobile ? announce(ctx, sa) : undefined;
  // From the old one nobody would hear the farewell.
  sa.local = { address, port: sa.local.port };
  if (sa.phase === 'deleting' || sa.phase === 'rekeyed') return resendRequest(ctx, sa);
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

function announce(ctx: Context, sa: IkeSaV2): void {
  const told = sa.mobike?.told ?? [];
  const now = furtherAddresses(sa, ctx.policies.get(sa.tunnel));
  const known = told.length === now.length && now.every((address) => told.includes(address));
  const waits = sa.tasks.some(({ kind }) => kind === 'announce-addresses' || kind === 'update-addresses');
  if (!known && !waits) addTask(sa, { kind: 'announce-addresses' });
}
