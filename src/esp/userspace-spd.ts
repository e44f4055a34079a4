import type { PolicySpec } from '../sa/data-plane.ts';
import { policyKey, policySlot } from '../sa/ledger.ts';
import type { Outcome } from '../sa/outcome.ts';
import { done, UNCHANGED } from '../sa/outcome.ts';
import { bestClaim } from '../sa/policy-claims.ts';
import type { Command } from './commands.ts';
import { refusal } from './refusal.ts';

export type SpdParts = {
  readonly post: (direction: 'in' | 'out', command: Command) => void;
  /** Leads the packets that an outbound policy is about to the threads, and no longer unless another one does. */
  readonly divert: (policy: PolicySpec) => Outcome;
  readonly release: (policy: PolicySpec) => void;
};

/** What one owner wants in a slot. `id` is owner and action: an owner that comes again replaces what it wanted. */
type Claim = { readonly id: string; readonly policy: PolicySpec };
type Direction = 'in' | 'out';

/**
 * The policies that the threads go by. One of a direction and selectors has a slot, and the best of its claims is in
 * force, as in the kernel's data plane: the protecting before the trap before the bypassing before the blocking one,
 * among equals the latest.
 */
export class UserspaceSpd {
  readonly #parts: SpdParts;
  readonly #slots = new Map<string, readonly Claim[]>();

  constructor(parts: SpdParts) {
    this.#parts = parts;
  }

  add(owner: string, policy: PolicySpec): Outcome {
    if (directionOf(policy) === undefined) return UNCHANGED;
    if (isOfKernel(policy) && !isLocalTraffic(owner, policy)) return policy.action === 'block' ? UNCHANGED : NOT_HERE;
    const claim = { id: claimId(owner, policy), policy };
    const others = this.#claims(policy).filter(({ id }) => id !== claim.id);
    return this.#settle(policy, [...others, claim]);
  }

  remove(owner: string, policy: PolicySpec): Outcome {
    const before = this.#claims(policy);
    const after = before.filter(({ id }) => id !== claimId(owner, policy));
    return after.length === before.length ? UNCHANGED : this.#settle(policy, after);
  }

  clear(): void {
    for (const [, [claim]] of [...this.#slots]) if (claim !== undefined) this.#settle(claim.policy, []);
  }

  /** Tells the threads everything anew: they have lost what they knew. */
  resend(): void {
    for (const [, claims] of this.#slots) {
      const policy = bestClaim(claims);
      if (policy !== undefined) this.#tell(policy, policy);
    }
  }

  #claims(policy: PolicySpec): readonly Claim[] {
    return this.#slots.get(policySlot(policy)) ?? [];
  }

  #settle(place: PolicySpec, after: readonly Claim[]): Outcome {
    const before = this.#claims(place);
    const current = bestClaim(before);
    const next = bestClaim(after);
    if (JSON.stringify(current) !== JSON.stringify(next)) {
      const diverted = next === undefined ? UNCHANGED : this.#divert(next);
      if (!diverted.ok) return diverted;
      this.#tell(place, next);
      if (current !== undefined && !sameKey(current, next)) this.#release(current);
    }
    if (after.length === 0) this.#slots.delete(policySlot(place));
    else this.#slots.set(policySlot(place), after);
    return done(() => void this.#settle(place, before));
  }

  #divert(policy: PolicySpec): Outcome {
    return policy.direction === 'out' ? this.#parts.divert(policy) : UNCHANGED;
  }

  /** What the next one covers too stays. */
  #release(policy: PolicySpec): void {
    if (policy.direction === 'out') this.#parts.release(policy);
  }

  #tell(place: PolicySpec, policy: PolicySpec | undefined): void {
    const direction = directionOf(place);
    if (direction === undefined) return;
    const key = policySlot(place);
    this.#parts.post(
      direction,
      policy === undefined ? { kind: 'clear-policy', key } : { kind: 'set-policy', key, policy },
    );
  }
}

/**
 * What passes by the tunnels passes by this data plane: it has no way to let packets out as they are. Those with a mark or
 * of an interface it cannot tell from others; to block all others with them would be wrong, and no tunnel here has them.
 */
function isOfKernel({ action, mark, ifId, priority }: PolicySpec): boolean {
  return action === 'bypass' || [mark, ifId, priority].some((attribute) => attribute !== undefined);
}

/** What goes between local segments of a tunnel is led around it (TunRoutes), as the routes can tell it by its segments. */
function isLocalTraffic(owner: string, { action }: PolicySpec): boolean {
  return action === 'bypass' && owner.startsWith('tunnel:');
}

const NOT_HERE = refusal('add policy', { code: 'EOPNOTSUPP' });

function sameKey(a: PolicySpec, b: PolicySpec | undefined): boolean {
  return b !== undefined && policyKey(a) === policyKey(b);
}

/** What is for ourselves and what is for those behind us has the same policies, and here one way in: `fwd` is `in`. */
function directionOf({ direction }: PolicySpec): Direction | undefined {
  return direction === 'fwd' ? undefined : direction;
}

function claimId(owner: string, policy: PolicySpec): string {
  return `${policyKey(policy)} ${owner}`;
}
