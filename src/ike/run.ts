import type { Entropy } from '../base/entropy.ts';
import type { Endpoint } from '../base/net.ts';
import type { Secret } from '../base/secret.ts';
import type { Instant, Now } from '../base/time.ts';
import { SECOND } from '../base/time.ts';
import type { KeyExchangeJob } from '../crypto/key-exchange-job.ts';
import type { ChildSa } from '../sa/child-sa.ts';
import type { DataPlaneRequest, DataPlaneStep } from '../sa/data-plane.ts';
import type { Capabilities } from '../sa/proposal.ts';
import { isOwnReqid, reqidAt } from '../sa/reqid.ts';
import type { SegmentIndex } from '../sa/segment-index.ts';
import { sameSelectors, type TrafficSelector } from '../sa/traffic-selector.ts';
import type { Owner } from './common/context.ts';
import type { Effect } from './common/effect.ts';
import type { GatewayEvent } from './common/event.ts';
import type { Caller } from './common/instances.ts';
import type { Policies } from './common/policies.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { type RateLimit, takeAllowance } from './common/rate-limit.ts';
import type { Reason } from './common/reason.ts';
import type { Contacts } from './contacts.ts';
import type { CoreState } from './core-state.ts';
import type { DataPlaneIndex } from './data-plane-index.ts';
import type { IkeSa } from './ike-sa.ts';
import { join } from './join.ts';
import { addIkeSa, addSuccessor } from './registry.ts';
import type { ContextV1 } from './v1/context.ts';
import type { IkeSaV1, PartialOpening } from './v1/state.ts';
import type { ContextV2 } from './v2/context.ts';
import type { IkeSaV2 } from './v2/state.ts';

/** Anyone can make us drop or refuse datagrams; the log hears of each cause at most this often. */
const REPORT_INTERVAL = 10 * SECOND;

/** What is the same for all inputs of a core. */
export type Surroundings = {
  readonly entropy: Entropy;
  readonly capabilities: Capabilities;
  readonly crashSecret: Secret | undefined;
  readonly recordsMessages: boolean;
};

type RunOptions = {
  readonly now: Now;
  readonly policies: Policies;
  readonly contacts: Contacts;
  readonly index: DataPlaneIndex;
  /** The peer segments of the Child SAs of tunnels for many. */
  readonly segments: SegmentIndex<ChildSa>;
  readonly state: CoreState;
};

/** The handling of one input: it collects the effects and is gone afterwards. */
export class Run implements ContextV1, ContextV2 {
  readonly now: Now;
  readonly entropy: Entropy;
  readonly capabilities: Capabilities;
  /** Those in force; a command may change them. */
  policies: Policies;
  readonly crashSecret: Secret | undefined;
  readonly recordsMessages: boolean;
  readonly effects: Effect[] = [];
  /** IKE SAs whose indexes are to be brought up to date, each once; mostly there is one. */
  readonly touched: IkeSa[] = [];
  /** Tunnels that have lost an SA. */
  readonly bereft = new Set<string>();
  readonly index: DataPlaneIndex;
  readonly #state: CoreState;
  readonly #contacts: Contacts;
  readonly #segments: SegmentIndex<ChildSa>;

  constructor(around: Surroundings, options: RunOptions) {
    this.now = options.now;
    this.entropy = around.entropy;
    this.capabilities = around.capabilities;
    this.policies = options.policies;
    this.crashSecret = around.crashSecret;
    this.recordsMessages = around.recordsMessages;
    this.#contacts = options.contacts;
    this.index = options.index;
    this.#segments = options.segments;
    this.#state = options.state;
  }

  send(from: Endpoint, to: Endpoint, datagram: Uint8Array): void {
    this.effects.push({ kind: 'send', from, to, datagram });
  }

  emit(event: GatewayEvent): void {
    this.effects.push({ kind: 'emit', event });
  }

  drop(remote: Endpoint, why: string): void {
    const seen = this.#state.drops.get(why) ?? { unreported: 0, reportedAt: Number.NEGATIVE_INFINITY };
    seen.unreported++;
    if (this.now.mono - seen.reportedAt >= REPORT_INTERVAL) {
      this.emit({ type: 'datagram.dropped', remote, why, count: seen.unreported });
      seen.unreported = 0;
      seen.reportedAt = this.now.mono;
    }
    this.#state.drops.set(why, seen);
  }

  isTimely(key: string): boolean {
    const last = this.#state.said.get(key);
    if (last !== undefined && this.now.mono - last < REPORT_INTERVAL) return false;
    this.#state.said.set(key, this.now.mono);
    return true;
  }

  isWithin(key: string, limit: RateLimit): boolean {
    return takeAllowance(this.#state.allowances, key, limit, this.now.mono);
  }

  setTimer(owner: Owner, name: string, at: Instant): void {
    const timers = this.#state.timers.get(owner);
    if (timers === undefined) this.#state.timers.set(owner, new Map([[name, at]]));
    else timers.set(name, at);
    this.effects.push({ kind: 'timer.set', key: timerKey(owner, name), at });
  }

  clearTimer(owner: Owner, name: string): void {
    const timers = this.#state.timers.get(owner);
    if (timers?.delete(name) !== true) return;
    if (timers.size === 0) this.#state.timers.delete(owner);
    this.effects.push({ kind: 'timer.clear', key: timerKey(owner, name) });
  }

  requestDataPlane(owner: Owner, operation: DataPlaneRequest): number {
    const request = this.#newRequest(owner);
    this.effects.push({ kind: 'dataplane', request, operation });
    return request;
  }

  handOver(request: number, tunnel: string): void {
    this.#state.requests.set(request, tunnel);
  }

  requestCleanUp(operation: DataPlaneRequest): void {
    this.requestDataPlane(0, operation);
  }

  requestMove(child: ChildSa, steps: readonly DataPlaneStep[], remains: readonly DataPlaneStep[]): void {
    const request = this.requestDataPlane(0, { kind: 'apply', steps });
    this.#state.moves.set(request, { tunnel: child.tunnel, child: child.id, remains });
  }

  requestJob(ikeSa: number, job: KeyExchangeJob): number {
    const request = this.#newRequest(ikeSa);
    const established = this.#state.ikeSas.get(ikeSa)?.establishedAt !== undefined;
    this.effects.push({ kind: 'job', request, job, established });
    return request;
  }

  admits(policy: TunnelPolicy): boolean {
    const { closedTunnels } = this.#state;
    return !closedTunnels.has(policy.name) && (policy.template === undefined || !closedTunnels.has(policy.template));
  }

  join(policy: TunnelPolicy, caller: Caller): Reason | undefined {
    return join(this, this.#state, policy, caller);
  }

  isOnlyContact(ikeSa: number, policy: TunnelPolicy): boolean {
    const others = [...(this.#state.byTunnel.get(policy.name) ?? [])].filter((id) => id !== ikeSa);
    return others.length === 0 && this.#contacts.isAlone(policy);
  }

  newChildId(tunnel: string): string {
    return `${tunnel}#${this.#state.nextChild++}`;
  }

  get partialOpenings(): Map<string, PartialOpening> {
    return this.#state.partialOpenings;
  }

  newIkeSaId(): number {
    return this.#state.nextIkeSa++;
  }

  adopt(sa: IkeSa): void {
    addIkeSa(this.#state, sa);
    this.touch(sa);
  }

  adoptSuccessor(sa: IkeSa): void {
    addSuccessor(this.#state, sa);
    this.touch(sa);
  }

  ikeSasV2Of(tunnel: string): readonly IkeSaV2[] {
    const found: IkeSaV2[] = [];
    for (const id of this.#state.byTunnel.get(tunnel) ?? []) {
      const sa = this.#state.ikeSas.get(id);
      if (sa?.version === 2 && sa.phase !== 'closed') found.push(sa);
    }
    return found;
  }

  ikeSasOf(tunnel: string): readonly IkeSaV1[] {
    const found: IkeSaV1[] = [];
    for (const id of this.#state.byTunnel.get(tunnel) ?? []) {
      const sa = this.#state.ikeSas.get(id);
      if (sa?.version === 1 && sa.phase !== 'closed') found.push(sa);
    }
    return found;
  }

  ownChildrenOf(tunnel: string): readonly ChildSa[] {
    return this.childrenOf(tunnel).filter(({ ikeSa }) => this.#state.ikeSas.get(ikeSa)?.version !== 2);
  }

  touch(sa: IkeSa): void {
    if (!this.touched.includes(sa)) this.touched.push(sa);
  }

  childrenOf(tunnel: string): readonly ChildSa[] {
    return this.#state.children.get(tunnel) ?? [];
  }

  heldNear(segments: readonly TrafficSelector[]): Iterable<ChildSa> {
    return this.#segments.near(segments);
  }

  addChild(child: ChildSa): void {
    this.#state.children.set(child.tunnel, [...this.childrenOf(child.tunnel), child]);
    this.index.addChild(child);
    if (this.#state.instances.has(child.tunnel)) this.#segments.add(child, child.remoteSelectors);
  }

  dropChild(child: ChildSa): void {
    this.bereft.add(child.tunnel);
    this.index.dropChild(child);
    this.#segments.remove(child);
    const left = this.childrenOf(child.tunnel).filter((other) => other !== child);
    if (left.length > 0) this.#state.children.set(child.tunnel, left);
    else this.#state.children.delete(child.tunnel);
  }

  reqidFor(
    { name, attributes }: Pick<TunnelPolicy, 'name' | 'attributes'>,
    local: readonly TrafficSelector[],
    remote: readonly TrafficSelector[],
  ): number {
    if (attributes?.reqid !== undefined) return attributes.reqid;
    const alike = this.childrenOf(name).find(
      (child) =>
        isOwnReqid(child.reqid) &&
        sameSelectors(child.localSelectors, local) &&
        sameSelectors(child.remoteSelectors, remote),
    );
    return alike?.reqid ?? reqidAt(this.#state.reqids++);
  }

  #newRequest(owner: Owner): number {
    const request = this.#state.nextRequest++;
    this.#state.requests.set(request, owner);
    return request;
  }
}

/** `ike:<number>:<name>`, or `sas:<tunnel>:<name>`. */
export function timerKey(owner: Owner, name: string): string {
  return `${typeof owner === 'number' ? 'ike' : 'sas'}:${owner}:${name}`;
}

/** The inverse; undefined for a key that is not of the core. */
export function parseTimerKey(key: string): { readonly owner: Owner; readonly name: string } | undefined {
  // No name of a timer has a colon, that of a tunnel may.
  const end = key.lastIndexOf(':');
  const [kind, owner, name] = [key.slice(0, 4), key.slice(4, end), key.slice(end + 1)];
  if ((kind !== 'ike:' && kind !== 'sas:') || owner === '' || name === '') return undefined;
  return { owner: kind === 'ike:' ? Number(owner) : owner, name };
}
