import { Ledger } from '../sa/ledger.ts';
import type { Outcome } from '../sa/outcome.ts';
import { done, UNCHANGED } from '../sa/outcome.ts';
import { RTM_NEWRULE } from './constants.ts';
import type { NetlinkClient } from './netlink-client.ts';
import { contents } from './netlink-client.ts';
import { refused } from './refusal.ts';
import type { KernelRule } from './rule-messages.ts';
import { encodeDeleteRule, encodeDumpRules, encodeNewRule, parseOwnRule, ruleKey } from './rule-messages.ts';

/** Our rules of routing policy. Each is in the kernel as long as one owner holds it. */
export class KernelRules {
  readonly #client: NetlinkClient;
  readonly #ledger = new Ledger();
  readonly #rules = new Map<string, KernelRule>();

  constructor(client: NetlinkClient) {
    this.#client = client;
  }

  add(owner: string, rule: KernelRule): Outcome {
    const key = ruleKey(rule);
    if (this.#ledger.holds(owner, key)) return UNCHANGED;
    if (!this.#ledger.has(key)) {
      const answer = this.#client.request(encodeNewRule(rule));
      // The very same rule, with our protocol number: a run of ours that was killed left it.
      if (!answer.ok && answer.code !== 'EEXIST') return refused(`add rule ${describe(rule)}`, answer);
    }
    this.#ledger.acquire(owner, key);
    this.#rules.set(key, rule);
    return done(() => void this.remove(owner, rule));
  }

  remove(owner: string, rule: KernelRule): Outcome {
    const key = ruleKey(rule);
    if (!this.#ledger.holds(owner, key)) return UNCHANGED;
    if (this.#ledger.owners(key).length === 1) {
      const answer = this.#client.request(encodeDeleteRule(rule));
      if (!answer.ok && !GONE.includes(answer.code)) return refused(`remove rule ${describe(rule)}`, answer);
      this.#rules.delete(key);
    }
    this.#ledger.release(owner, key);
    return done(() => void this.add(owner, rule));
  }

  /** Installs again what the kernel should have and has not. How many. */
  repair(): number {
    const there = new Set(this.#dump().map(ruleKey));
    const missing = [...this.#rules].filter(([key]) => !there.has(key));
    return missing.filter(([, rule]) => this.#client.request(encodeNewRule(rule)).ok).length;
  }

  /** Removes the rules of ours, of these priorities, that nobody holds: a killed run left them. How many. */
  removeLeftovers(priorities: readonly number[]): number {
    const leftovers = this.#dump().filter(
      (rule) => priorities.includes(rule.priority) && !this.#rules.has(ruleKey(rule)),
    );
    return leftovers.filter((rule) => this.#client.request(encodeDeleteRule(rule)).ok).length;
  }

  clear(): void {
    for (const [key, rule] of [...this.#rules]) for (const owner of this.#ledger.owners(key)) this.remove(owner, rule);
  }

  #dump(): KernelRule[] {
    return ([4, 6] as const).flatMap((family) =>
      contents(this.#client.request(encodeDumpRules(family)), RTM_NEWRULE, parseOwnRule),
    );
  }
}

function describe({ family, priority }: KernelRule): string {
  return `${priority} of IPv${family}`;
}

const GONE = ['ENOENT', 'ESRCH', 'EAFNOSUPPORT'];
