import type { Answer, NetlinkClient } from '../netlink/netlink-client.ts';
import { contents } from '../netlink/netlink-client.ts';
import { refused } from '../netlink/refusal.ts';
import type { PolicySpec } from '../sa/data-plane.ts';
import { apartKey, policyKey } from '../sa/ledger.ts';
import type { Outcome } from '../sa/outcome.ts';
import { all, done, UNCHANGED } from '../sa/outcome.ts';
import { bestClaim } from '../sa/policy-claims.ts';
import { isOwnReqid } from '../sa/reqid.ts';
import { XFRM_MSG_NEWPOLICY } from './constants.ts';
import { kernelSelectorKey, toKernelSelectors } from './kernel-selector.ts';
import type { KernelPolicy, PolicyView } from './policy-messages.ts';
import {
  encodeDeletePolicy,
  encodeDumpPolicies,
  encodeGetPolicy,
  encodeNewPolicy,
  encodeUpdatePolicy,
  parsePolicy,
} from './policy-messages.ts';
import { policyPriority } from './policy-priority.ts';

/** What one owner wants in a slot. `id` is owner and action: an owner that comes again replaces what it wanted. */
type Claim = { readonly id: string; readonly policy: KernelPolicy };

/**
 * Our entries of the kernel's SPD. The kernel holds one policy for each direction and selector, whatever action or
 * template; so each such slot has a list of claims, eldest first, and the best of them is what the kernel has. When a
 * tunnel goes down, its protecting policy gives way to the blocking one of the same selector in one step.
 */
export class KernelSpd {
  readonly #client: NetlinkClient;
  /** No slot is empty; its best claim is installed. */
  readonly #slots = new Map<string, readonly Claim[]>();

  constructor(client: NetlinkClient) {
    this.#client = client;
  }

  add(owner: string, policy: PolicySpec): Outcome {
    const policies = expand(policy);
    if (typeof policies === 'string') return refused(operationName('add', policy), { ok: false, code: policies });
    const id = claimId(owner, policy);
    return all(policies.map((entry) => () => this.#claim({ id, policy: entry })));
  }

  remove(owner: string, policy: PolicySpec): Outcome {
    const policies = expand(policy);
    if (typeof policies === 'string') return UNCHANGED;
    const id = claimId(owner, policy);
    return all(policies.map((entry) => () => this.#release(id, slotKey(entry))));
  }

  /** Whether a policy of ours asks for SAs of this reqid: then an ACQUIRE for it is ours. */
  asksFor(reqid: number): boolean {
    for (const claims of this.#slots.values()) {
      if (claims.some(({ policy }) => policy.template?.reqid === reqid)) return true;
    }
    return false;
  }

  /** Installs again what the kernel should have and has not, because somebody flushed it. How many there were. */
  repair(): number {
    const answer = this.#client.request(encodeDumpPolicies());
    if (!answer.ok) return 0;
    const there = new Set(contents(answer, XFRM_MSG_NEWPOLICY, parsePolicy).map(viewKey));
    const missing = [...this.#slots].filter(([slot]) => !there.has(slot)).map(([, claims]) => bestClaim(claims));
    // EEXIST: the dump has missed it, or somebody else has taken the place.
    return missing.filter((policy) => policy !== undefined && this.#client.request(encodeNewPolicy(policy)).ok).length;
  }

  clear(): void {
    for (const slot of [...this.#slots.keys()]) this.#settle(slot, []);
  }

  #claim(claim: Claim): Outcome {
    const slot = slotKey(claim.policy);
    const before = this.#slots.get(slot) ?? [];
    return this.#settle(slot, [...before.filter(({ id }) => id !== claim.id), claim]);
  }

  #release(id: string, slot: string): Outcome {
    const before = this.#slots.get(slot) ?? [];
    return before.some((claim) => claim.id === id)
      ? this.#settle(
          slot,
          before.filter((claim) => claim.id !== id),
        )
      : UNCHANGED;
  }

  /** Gives the slot its new claims and brings the kernel into line. */
  #settle(slot: string, claims: readonly Claim[]): Outcome {
    const before = this.#slots.get(slot) ?? [];
    const outcome = this.#replace(bestClaim(before), bestClaim(claims));
    if (!outcome.ok) return outcome;
    if (claims.length === 0) this.#slots.delete(slot);
    else this.#slots.set(slot, claims);
    return done(() => void this.#settle(slot, before));
  }

  #replace(before: KernelPolicy | undefined, after: KernelPolicy | undefined): Outcome {
    if (after === undefined) return before === undefined ? UNCHANGED : this.#delete(before);
    if (before !== undefined && samePolicy(before, after)) return UNCHANGED;
    const answer = before === undefined ? this.#install(after) : this.#client.request(encodeUpdatePolicy(after));
    return answer.ok ? UNCHANGED : refused(operationName('add', after), answer);
  }

  #install(policy: KernelPolicy): Answer {
    const answer = this.#client.request(encodeNewPolicy(policy));
    if (answer.ok || answer.code !== 'EEXIST' || !this.#isOrphan(policy)) return answer;
    return this.#client.request(encodeUpdatePolicy(policy));
  }

  /**
   * A run of ours that was killed leaves its policies behind. One of the very selector is taken over where it asks for
   * a reqid of ours, blocks with a priority of ours, or has the priority, action and tunnel endpoints that we would
   * install now; any other policy in the way belongs to somebody else.
   */
  #isOrphan(policy: KernelPolicy): boolean {
    const answer = this.#client.request(encodeGetPolicy(policy));
    const [view] = contents(answer, XFRM_MSG_NEWPOLICY, parsePolicy);
    return view !== undefined && looksLike(view, policy);
  }

  #delete(policy: KernelPolicy): Outcome {
    const answer = this.#client.request(encodeDeletePolicy(policy));
    return answer.ok || GONE.includes(answer.code) ? UNCHANGED : refused(operationName('remove', policy), answer);
  }
}

function expand(policy: PolicySpec): KernelPolicy[] | string {
  const { direction, action, template, mark, ifId, precedence, priority } = policy;
  const selectors = toKernelSelectors(policy.source, policy.destination);
  if (typeof selectors === 'string') return selectors;
  return selectors.map((selector) => ({
    direction,
    selector,
    action,
    ...(template === undefined ? {} : { template }),
    ...(mark === undefined ? {} : { mark }),
    ...(ifId === undefined ? {} : { ifId }),
    ...(precedence === undefined ? {} : { precedence }),
    ...(priority === undefined ? {} : { priority }),
  }));
}

/** For two of one slot. */
function samePolicy(a: KernelPolicy, b: KernelPolicy): boolean {
  return placeKey(a) === placeKey(b) && templateKey(a.template) === templateKey(b.template);
}

function looksLike(view: PolicyView, policy: KernelPolicy): boolean {
  const endpoints = (template: PolicySpec['template']) => templateKey(template && { ...template, reqid: 0 });
  const hasPriorityOf = (action: PolicySpec['action']) =>
    PRECEDENCES.some(
      (precedence) => view.priority === (policy.priority ?? policyPriority(policy.selector, { action, ...precedence })),
    );
  if (view.blocks) return hasPriorityOf('block');
  if (view.template !== undefined && isOwnReqid(view.template.reqid)) return hasPriorityOf('protect');
  const alike = endpoints(view.template) === endpoints(policy.template);
  return policy.action !== 'block' && hasPriorityOf(policy.action) && alike;
}

/** What a run that was killed had there may have been a shunt, whatever comes now. */
const PRECEDENCES: readonly Pick<PolicySpec, 'precedence'>[] = [{}, { precedence: 'first' }, { precedence: 'last' }];

function placeKey({ action, precedence, priority }: KernelPolicy): string {
  return JSON.stringify([action, precedence, priority]);
}

function templateKey(template: PolicySpec['template']): string {
  if (template === undefined) return '';
  const { protocol, mode, reqid, source, destination } = template;
  return mode === 'tunnel' ? `${protocol} ${reqid} ${source} ${destination}` : `${protocol} ${reqid}`;
}

function claimId(owner: string, policy: PolicySpec): string {
  return `${policyKey(policy)} ${owner}`;
}

function slotKey(policy: KernelPolicy): string {
  return `${policy.direction} ${kernelSelectorKey(policy.selector)}${apartKey(policy)}`;
}

function viewKey(view: PolicyView): string {
  const { direction, selector } = view;
  return selector === undefined ? '' : `${direction} ${kernelSelectorKey(selector)}${apartKey(view)}`;
}

function operationName(verb: string, policy: Pick<PolicySpec, 'action' | 'direction'>): string {
  return policy.action === 'protect'
    ? `${verb} policy ${policy.direction}`
    : `${verb} ${policy.action} policy ${policy.direction}`;
}

const GONE = ['ENOENT', 'ESRCH'];
