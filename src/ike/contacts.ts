import { formatIdentity } from '../sa/identity.ts';
import type { TunnelPolicy } from './common/policy.ts';

/**
 * Which tunnels join the same two identities. Where there are several, none of them may claim INITIAL_CONTACT: the
 * peer would drop the IKE SAs of the others (RFC 7296 §2.4). What is one tunnel in both versions of IKE is one.
 */
export class Contacts {
  readonly #tunnels = new Map<string, number>();

  constructor(tunnels: readonly TunnelPolicy[]) {
    for (const policy of tunnels) this.add(policy);
  }

  add(policy: TunnelPolicy): void {
    this.#count(policy, 1);
  }

  remove(policy: TunnelPolicy): void {
    this.#count(policy, -1);
  }

  #count(policy: TunnelPolicy, change: number): void {
    if (policy.besideV2) return;
    const pair = pairOf(policy);
    const count = (this.#tunnels.get(pair) ?? 0) + change;
    if (count > 0) this.#tunnels.set(pair, count);
    else this.#tunnels.delete(pair);
  }

  isAlone(policy: TunnelPolicy): boolean {
    return this.#tunnels.get(pairOf(policy)) === 1;
  }
}

function pairOf(policy: TunnelPolicy): string {
  const remote = policy.remote.identity === undefined ? '' : formatIdentity(policy.remote.identity);
  return `${formatIdentity(policy.local.identity)}|${remote}`;
}
