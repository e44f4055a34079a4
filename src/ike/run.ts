import type { Entropy } from '../base/entropy.ts';
import type { Endpoint } from '../base/net.ts';
import type { Instant, Now } from '../base/time.ts';
import { SECOND } from '../base/time.ts';
import type { KeyExchangeJob } from '../crypto/key-exchange-job.ts';
import type { ChildSa } from '../sa/child-sa.ts';
import type { DataPlaneRequest } from '../sa/data-plane.ts';
import type { Capabilities } from '../sa/proposal.ts';
import { reqidAt } from '../sa/reqid.ts';
import { sameSelectors, type TrafficSelector } from '../sa/traffic-selector.ts';
import type { Context } from './common/context.ts';
import type { Effect } from './common/effect.ts';
import type { GatewayEvent } from './common/event.ts';
import type { TunnelPolicy } from './common/policy.ts';
import type { Contacts } from './contacts.ts';
import type { CoreState } from './core-state.ts';

/** Anyone can make us drop or refuse datagrams; the log hears of each cause at most this often. */
const REPORT_INTERVAL = 10 * SECOND;

/** The handling of one input: it collects the effects and is gone afterwards. */
export class Run implements Context {
  readonly now: Now;
  readonly entropy: Entropy;
  readonly capabilities: Capabilities;
  readonly policies: ReadonlyMap<string, TunnelPolicy>;
  readonly effects: Effect[] = [];
  readonly #state: CoreState;
  readonly #contacts: Contacts;

  constructor(options: {
    readonly now: Now;
    readonly entropy: Entropy;
    readonly capabilities: Capabilities;
    readonly policies: ReadonlyMap<string, TunnelPolicy>;
    readonly contacts: Contacts;
    readonly state: CoreState;
  }) {
    this.now = options.now;
    this.entropy = options.entropy;
    this.capabilities = options.capabilities;
    this.policies = options.policies;
    this.#contacts = options.contacts;
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

  setTimer(ikeSa: number, name: string, at: Instant): void {
    const timers = this.#state.timers.get(ikeSa) ?? new Map<string, Instant>();
    this.#state.timers.set(ikeSa, timers.set(name, at));
    this.effects.push({ kind: 'timer.set', key: timerKey(ikeSa, name), at });
  }

  clearTimer(ikeSa: number, name: string): void {
    if (this.#state.timers.get(ikeSa)?.delete(name) === true) {
      this.effects.push({ kind: 'timer.clear', key: timerKey(ikeSa, name) });
    }
  }

  requestDataPlane(ikeSa: number, operation: DataPlaneRequest): number {
    const request = this.#newRequest(ikeSa);
    this.effects.push({ kind: 'dataplane', request, operation });
    return request;
  }

  requestCleanUp(operation: DataPlaneRequest): void {
    this.requestDataPlane(0, operation);
  }

  requestJob(ikeSa: number, job: KeyExchangeJob): number {
    const request = this.#newRequest(ikeSa);
    this.effects.push({ kind: 'job', request, job });
    return request;
  }

  admits(policy: TunnelPolicy): boolean {
    return !this.#state.closedTunnels.has(policy.name);
  }

  isOnlyContact(ikeSa: number, policy: TunnelPolicy): boolean {
    const others = [...(this.#state.byTunnel.get(policy.name) ?? [])].filter((id) => id !== ikeSa);
    return others.length === 0 && this.#contacts.isAlone(policy);
  }

  newChildId(tunnel: string): string {
    return `${tunnel}#${this.#state.nextChild++}`;
  }

  reqidFor(tunnel: string, local: readonly TrafficSelector[], remote: readonly TrafficSelector[]): number {
    const alike = this.#childrenOf(tunnel).find(
      (child) => sameSelectors(child.localSelectors, local) && sameSelectors(child.remoteSelectors, remote),
    );
    return alike?.reqid ?? reqidAt(this.#state.reqids++);
  }

  #childrenOf(tunnel: string): ChildSa[] {
    const ids = this.#state.byTunnel.get(tunnel) ?? [];
    return [...ids].flatMap((id) => this.#state.ikeSas.get(id)?.children ?? []);
  }

  #newRequest(ikeSa: number): number {
    const request = this.#state.nextRequest++;
    this.#state.requests.set(request, ikeSa);
    return request;
  }
}

/** `ike:<number>:<name>`. */
export function timerKey(ikeSa: number, name: string): string {
  return `ike:${ikeSa}:${name}`;
}

/** The inverse; undefined for a key that is not of an IKE SA. */
export function parseTimerKey(key: string): { readonly ikeSa: number; readonly name: string } | undefined {
  const match = /^ike:(\d+):(.+)$/.exec(key);
  return match === null ? undefined : { ikeSa: Number(match[1]), name: match[2] ?? '' };
}
