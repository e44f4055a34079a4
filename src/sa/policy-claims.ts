import type { PolicySpec } from './data-plane.ts';

/**
 * Of those that claim one place (direction and selectors), the policy that holds it: the protecting before the trap, before
 * the bypassing, before the blocking one; among equals the latest.
 */
export function bestClaim<Policy extends Pick<PolicySpec, 'action'>>(
  claims: readonly { readonly policy: Policy }[],
): Policy | undefined {
  let found: Policy | undefined;
  for (const { policy } of claims) {
    if (found === undefined || RANK[policy.action] <= RANK[found.action]) found = policy;
  }
  return found;
}

const RANK: Readonly<Record<PolicySpec['action'], number>> = { protect: 0, trap: 1, bypass: 2, block: 3 };
