import type { CoreState } from './core-state.ts';
import type { Run } from './run.ts';
import { childrenOf } from './v2/children.ts';
import { abandon } from './v2/close.ts';
import { crossed, loserOf } from './v2/ike-crossing.ts';
import { doWork } from './v2/machine.ts';
import type { IkeSaV2, Phase } from './v2/state.ts';
import { awaitDelete, REPLACED } from './v2/superfluous.ts';

/** Runs `action` on another IKE SA within that one's own error boundary. */
export type OnIkeSa = (sa: IkeSaV2, action: () => void) => void;

/**
 * One tunnel has one IKE SA. Called when `fresh` has just been authenticated; what it makes superfluous is closed:
 *
 * - Ours had not come to IKE_AUTH while the peer's came to its end: ours is given up.
 * - Both ends initiated at once and both exchanges went through: the one with the lower initiator SPI stays, and the
 *   initiator of the other deletes it when the peer is known to have the first. Where the peer does not know this rule,
 *   we delete that one after a while.
 * - Else, if the peer said INITIAL_CONTACT (RFC 7296 §2.4): all older ones are gone at its end already.
 * - Otherwise one end authenticates anew, or the peer has come back from a restart or another address: the newer one
 *   stays, and the end that has begun it deletes the older one.
 *
 * An IKE SA that other tunnels of the peer share ends for this one alone.
 */
export function resolveDuplicates(run: Run, state: CoreState, fresh: IkeSaV2, on: OnIkeSa): void {
  for (const id of [...(state.byTunnel.get(fresh.tunnel) ?? [])]) {
    const other = state.ikeSas.get(id);
    if (other?.version !== 2 || other === fresh || staysBeside(run, fresh, other)) continue;
    if (other.phase === 'established') resolveEstablished(run, fresh, other, on);
    else if (other.role === 'initiator' && BEFORE_AUTH.has(other.phase)) {
      on(other, () => abandon(run, other, REPLACED));
    }
  }
}

/** What an initiator can give up without the peer having come to believe in it. */
const BEFORE_AUTH: ReadonlySet<Phase> = new Set(['larval', 'init-sent', 'intermediate-sent']);

const LOOK_AGAIN = { kind: 'timer', name: 'superfluous' } as const;

/**
 * What carries no traffic replaces nothing that does, unless the peer has lost that anyway. And nothing replaces what was
 * begun only after it was authenticated itself, while its own Child SA was still being made; a rekeying begins nothing.
 */
function staysBeside(run: Run, fresh: IkeSaV2, other: IkeSaV2): boolean {
  if (fresh.establishedAt !== undefined && other.startedAt > fresh.establishedAt.mono) return true;
  return childrenOf(run, fresh).length === 0 && childrenOf(run, other).length > 0 && !fresh.initialContact;
}

function resolveEstablished(run: Run, fresh: IkeSaV2, other: IkeSaV2, on: OnIkeSa): void {
  const leave = (sa: IkeSaV2) =>
    on(sa, () => doWork(run, sa, { kind: 'leave', tunnel: fresh.tunnel, reason: REPLACED }));
  const lookAgain = (sa: IkeSaV2) => on(sa, () => doWork(run, sa, LOOK_AGAIN));
  if (other.tunnel !== fresh.tunnel) return resolveShared(run, fresh, other, { on, leave });
  if (!crossed(fresh, other)) {
    if (fresh.initialContact) return on(other, () => abandon(run, other, REPLACED));
    // Whoever has begun the new one deletes the old one (RFC 7296 §2.8.3), when its traffic has changed over.
    if (fresh.role === 'responder' && isInUse(run, other)) return awaitDelete(run, other);
    return isInUse(run, other) ? lookAgain(other) : leave(other);
  }
  // Where the peer says INITIAL_CONTACT all the same, it said so before the other one stood, and it knows that by now.
  const loser = loserOf(fresh, other);
  if (loser.role !== 'initiator') return awaitDelete(run, loser);
  // Not before the peer has our answer to IKE_AUTH: until then it has nothing else to send through.
  return isInUse(run, loser) ? lookAgain(loser) : leave(loser);
}

/** It carries traffic, or is about to: what it waits for may be its first Child SA. */
function isInUse(run: Run, sa: IkeSaV2): boolean {
  return sa.pending !== undefined || childrenOf(run, sa).length > 0;
}

/**
 * The other one is another tunnel's, which this one shares: it is not for us to end. What we have made a new IKE SA for
 * goes over to that; what the peer makes beside the old one it may want to have twice.
 */
function resolveShared(
  run: Run,
  fresh: IkeSaV2,
  other: IkeSaV2,
  { on, leave }: { readonly on: OnIkeSa; readonly leave: (sa: IkeSaV2) => void },
): void {
  if (fresh.initialContact && !crossed(fresh, other)) return on(other, () => abandon(run, other, REPLACED));
  if (fresh.role === 'initiator') leave(other);
}
