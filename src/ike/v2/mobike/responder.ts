import { sameEndpoint } from '../../../base/net.ts';
import { SECOND } from '../../../base/time.ts';
import { isOwnAddress } from '../../common/candidates.ts';
import type { Context } from '../../common/context.ts';
import { NAT_TRAVERSAL_PORT } from '../../common/ports.ts';
import type { RetransmitSchedule } from '../../common/retransmit.ts';
import { childrenOf } from '../children.ts';
import { resendRequest, sendRequest } from '../message-window.ts';
import type { Received } from '../received.ts';
import type { IkeSaV2, Task } from '../state.ts';
import { type NotifyPayload, notifyPayload } from '../wire/notify.ts';
import { newCookie2 } from './cookie2.ts';
import { gatherChildren, natOn, type Path, setNat } from './path.ts';
import { isUnproven, sendsTo } from './routability.ts';

type Check = Extract<Task, { readonly kind: 'check-address' }>;

/** How long the peer may take to show that it is where it says; a victim elsewhere gets no more than these few. */
const CHECK_SCHEDULE: RetransmitSchedule = { base: SECOND / 2, factor: 1.6, transmissions: 9, jitter: 0.2 };

/**
 * RFC 4555 §3.5: the original initiator is elsewhere. The IKE SA follows at once, the Child SAs only after a return
 * routability check where the address is a new one (§3.7): no peer can turn our traffic on somebody else.
 * Returns what the answer says beside the usual.
 */
export function takeUpdate(ctx: Context, sa: IkeSaV2, received: Received): NotifyPayload[] {
  const path: Path = { local: received.local, remote: received.remote };
  const nat = natOn(sa, received.payloads, path);
  if (!isAcceptable(ctx, sa, path, nat)) return [notifyPayload('UNACCEPTABLE_ADDRESSES')];
  const before = sa.remote;
  if (!sameEndpoint(before, path.remote))
    ctx.emit({ type: 'peer.moved', tunnel: sa.tunnel, ikeSa: sa.id, from: before, to: path.remote });
  const stays = before.address === path.remote.address && !isUnproven(ctx, sa);
  const elsewhere = !sameEndpoint(before, path.remote) || !sameEndpoint(sa.local, path.local);
  sa.local = path.local;
  sa.remote = path.remote;
  setNat(ctx, sa, nat);
  if (stays || sendsTo(ctx, sa, sa.remote.address)) gatherChildren(ctx, sa);
  else requestCheck(ctx, sa);
  if (elsewhere) resendRequest(ctx, sa);
  return [];
}

/** INFORMATIONAL SK { N(COOKIE2) } -->: can the peer read what is sent to its new address? */
export function sendCheck(ctx: Context, sa: IkeSaV2, task: Check): void {
  const payloads = [notifyPayload('COOKIE2', task.cookie)];
  sendRequest(ctx, sa, { exchange: 'INFORMATIONAL', payloads, schedule: CHECK_SCHEDULE, task });
}

/** <-- INFORMATIONAL SK { N(COOKIE2) }: it can. */
export function onPeerChecked(ctx: Context, sa: IkeSaV2, task: Check): void {
  // RFC 4555 §3.7: sent to several addresses, it tells nothing of the last one, which has a check of its own.
  if (task.change === sa.mobike?.change) gatherChildren(ctx, sa);
}

/** Puts a check at the head of the line, in the place of any that waits there. */
export function requestCheck(ctx: Context, sa: IkeSaV2): void {
  if (sa.mobike === undefined) return;
  sa.mobike.change++;
  const check: Check = { kind: 'check-address', change: sa.mobike.change, cookie: newCookie2(ctx) };
  sa.tasks = [check, ...sa.tasks.filter(({ kind }) => kind !== 'check-address')];
}

/** AH passes no translator (RFC 4302 §3.3.3), and ESP in UDP needs the port for it. */
function isAcceptable(ctx: Context, sa: IkeSaV2, path: Path, nat: IkeSaV2['nat']): boolean {
  const policy = ctx.policies.get(sa.tunnel);
  const translated = nat.local || nat.remote;
  const fit = path.local.port === NAT_TRAVERSAL_PORT && childrenOf(ctx, sa).every(({ protocol }) => protocol !== 'ah');
  return policy !== undefined && isOwnAddress(policy, path.local.address) && (fit || !translated);
}
