import { formatIdentity } from '../sa/identity.ts';
import type { TunnelPolicy } from './common/policy.ts';

/**
 * Which tunnels join the same two identities. Where there are several, none of them may claim INITIAL_CONTACT: the
 * peer would drop the IKE SAs of the others (RFC 7296 §2.4). What is one tunnel in both versions of IKE is one.
 */
export class Contacts {
  readonly #tunnels = new Map<string, number>();

  constructor(tunnels: readonly TunnelPolicy[]) {
    for (const policy of tunnels) {
      if (policy.besideV2) continue;
      const pair = pairOf(policy);
      this.#tunnels.set(pair, (this.#tunnels.get(pair) ?? 0) + 1);
    }
  }

  isAlone(policy: TunnelPolicy): boolean {
    return this.#tunnels.get(pairOf(policy)) === 1;
  }
}

function pairOf(policy: TunnelPolicy): string {
  const remote = policy.remote.identity === undefined ? '' : formatIdentity(policy.remote.identity);
  return `${formatIdentity(policy.local.identity)}|${remote}`;
}
