import type { PolicySpec } from './data-plane.ts';

/**
 * Of those that claim one place (direction and selectors), the policy that holds it: the protecting before the trap, before
 * the bypassing, before the blocking one; among equals the latest. What is first or last is that here, too.
 */
export function bestClaim<Policy extends Ranked>(claims: readonly { readonly policy: Policy }[]): Policy | undefined {
  let found: Policy | undefined;
  for (const { policy } of claims) {
    if (found === undefined || rankOf(policy) <= rankOf(found)) found = policy;
  }
  return found;
}

type Ranked = Pick<PolicySpec, 'action' | 'precedence'>;

function rankOf({ action, precedence }: Ranked): number {
  return RANK[action] + (precedence === undefined ? 0 : PLACES[precedence]);
}

const PLACES: Readonly<Record<NonNullable<PolicySpec['precedence']>, number>> = { first: -4, last: 4 };
const RANK: Readonly<Record<PolicySpec['action'], number>> = { protect: 0, trap: 1, bypass: 2, block: 3 };
