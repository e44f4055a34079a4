import type { Entropy } from '../base/entropy.ts';
import { InvariantError, WireError } from '../base/errors.ts';
import type { Endpoint } from '../base/net.ts';
import { MINUTE, type Now } from '../base/time.ts';
import { inboundSa, outboundSa } from '../sa/child-sa.ts';
import type { DataPlaneEvent, DataPlaneReply } from '../sa/data-plane.ts';
import { saKey } from '../sa/ledger.ts';
import type { Capabilities } from '../sa/proposal.ts';
import { planBlocks } from './block-policies.ts';
import type { Effect } from './common/effect.ts';
import { admission } from './common/half-open.ts';
import type { CoreCommand, Input } from './common/input.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { sourceFault } from './common/source.ts';
import type { IkeSaView } from './common/view.ts';
import { Contacts } from './contacts.ts';
import { type CoreState, newCoreState } from './core-state.ts';
import { classifyDatagram } from './demux.ts';
import { addIkeSa, forgetIkeSa, indexIkeSa, initiatorKey } from './registry.ts';
import { parseTimerKey, Run, timerKey } from './run.ts';
import { resolveDuplicates } from './uniqueness.ts';
import { abandon } from './v2/close.ts';
import { COOKIE_KEY_BYTES, type CookieSecrets, rotateCookieSecrets } from './v2/cookie.ts';
import { initiateIkeSa } from './v2/exchanges/ike-sa-init-initiator.ts';
import { answerInit } from './v2/exchanges/ike-sa-init-responder.ts';
import { answerEffect, doWork } from './v2/machine.ts';
import type { EffectAnswer, IkeSaV2, Work } from './v2/state.ts';
import { refuseMajorVersion } from './v2/version.ts';
import { viewIkeSa } from './v2/view.ts';
import { decodeHeader, FLAG_INITIATOR, FLAG_RESPONSE, type IkeHeader, ZERO_SPI } from './wire/header.ts';

type Datagram = Extract<Work, { readonly kind: 'datagram' }>;

/** RFC 7296 §2.6: often enough that a cookie is worth little to whoever collects them. */
const COOKIE_ROTATION = MINUTE;

export type IkeCoreOptions = {
  readonly entropy: Entropy;
  readonly capabilities: Capabilities;
  readonly tunnels: readonly TunnelPolicy[];
  /** Where to go on from, as `snapshot` gave it. */
  readonly state?: CoreState;
};

/**
 * The whole of IKE as a synchronous function from inputs to effects. It never throws for anything that comes from
 * outside; the same entropy and inputs give the same effects.
 */
export class IkeCore {
  readonly #entropy: Entropy;
  readonly #capabilities: Capabilities;
  readonly #state: CoreState;
  #policies: ReadonlyMap<string, TunnelPolicy> = new Map();
  #contacts = new Contacts([]);

  constructor(options: IkeCoreOptions) {
    this.#entropy = options.entropy;
    this.#capabilities = options.capabilities;
    this.#state = options.state ?? newCoreState(options.entropy.bytes(COOKIE_KEY_BYTES));
    this.#use(options.tunnels);
  }

  handle(input: Input, now: Now): readonly Effect[] {
    const run = new Run({
      now,
      entropy: this.#entropy,
      capabilities: this.#capabilities,
      policies: this.#policies,
      contacts: this.#contacts,
      state: this.#state,
    });
    this.#dispatch(run, input);
    return run.effects;
  }

  /** What may be seen of the live IKE SAs; of one tunnel where it is named. */
  views(tunnel?: string): IkeSaView[] {
    const ids = tunnel === undefined ? this.#state.ikeSas.keys() : (this.#state.byTunnel.get(tunnel) ?? []);
    return [...ids].flatMap((id) => {
      const sa = this.#state.ikeSas.get(id);
      return sa === undefined ? [] : [viewIkeSa(sa)];
    });
  }

  /** What sets the timers anew in a process that has taken up a snapshot. */
  resume(): readonly Effect[] {
    return [...this.#state.timers].flatMap(([ikeSa, timers]) =>
      [...timers].map(([name, at]): Effect => ({ kind: 'timer.set', key: timerKey(ikeSa, name), at })),
    );
  }

  /** A copy of the state; with it and the same policies another core goes on where this one stands. Holds keys. */
  snapshot(): CoreState {
    return structuredClone(this.#state);
  }

  #dispatch(run: Run, input: Input): void {
    switch (input.kind) {
      case 'datagram':
        return this.#onDatagram(run, input.local, input.remote, input.bytes);
      case 'timer':
        return this.#onTimer(run, input.key);
      case 'dataplane.reply':
        return this.#onReply(run, input.request, { kind: 'dataplane', reply: input.reply });
      case 'job.reply':
        return this.#onReply(run, input.request, { kind: 'job', result: input.result });
      case 'dataplane.event':
        return this.#onDataPlaneEvent(run, input.event);
      case 'command':
        return this.#onCommand(run, input.command);
      case 'resolved':
        // Asked for and understood by the gateway service, which initiates with the address.
        return;
    }
  }

  #onDatagram(run: Run, local: Endpoint, remote: Endpoint, bytes: Uint8Array): void {
    const classified = classifyDatagram(local, bytes);
    if (classified.kind === 'keepalive') return;
    if (classified.kind !== 'ike') return run.drop(remote, classified.kind === 'esp' ? 'esp-unknown-spi' : 'not-ike');
    const fault = sourceFault(local, remote);
    if (fault !== undefined) return run.drop(remote, fault);
    let header: IkeHeader;
    try {
      header = decodeHeader(classified.message);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return run.drop(remote, `header-${error.fault}`);
    }
    const work: Datagram = { kind: 'datagram', local, remote, message: classified.message };
    if (header.majorVersion !== 2) return refuseMajorVersion(run, header, work);
    const sa = this.#findIkeSa(header, remote);
    if (sa !== undefined) return this.#guard(run, sa, () => doWork(run, sa, work));
    if (header.responderSpi !== ZERO_SPI || (header.flags & FLAG_RESPONSE) !== 0)
      return run.drop(remote, 'unknown-spi');
    if (this.#state.spis.has(header.initiatorSpi)) return run.drop(remote, 'reflection');
    this.#onNewPeer(run, header, work);
  }

  #onNewPeer(run: Run, header: IkeHeader, datagram: Datagram): void {
    const { local, remote, message } = datagram;
    try {
      const sa = answerInit(run, {
        header,
        message,
        path: { local, remote },
        id: this.#state.nextIkeSa++,
        cookies: this.#freshCookies(run),
        admit: (proven, known) => admission(this.#state.halfOpen, remote.address, proven, known),
      });
      if (sa !== undefined) this.#adopt(run, sa);
    } catch (error) {
      // A bug of ours costs the sender its request, and nobody else anything.
      run.drop(remote, error instanceof WireError ? `syntax-${error.fault}` : 'internal-error');
    }
  }

  #freshCookies(run: Run): CookieSecrets {
    if (run.now.mono - this.#state.cookiesSince >= COOKIE_ROTATION) {
      this.#state.cookies = rotateCookieSecrets(this.#state.cookies, this.#entropy.bytes(COOKIE_KEY_BYTES));
      this.#state.cookiesSince = run.now.mono;
    }
    return this.#state.cookies;
  }

  /** RFC 7296 §2.6: by our own SPI, and the peer's must fit; IKE_SA_INIT requests come before the peer knows ours. */
  #findIkeSa(header: IkeHeader, remote: Endpoint): IkeSaV2 | undefined {
    const fromInitiator = (header.flags & FLAG_INITIATOR) !== 0;
    const spi = fromInitiator ? header.responderSpi : header.initiatorSpi;
    const id =
      fromInitiator && spi === ZERO_SPI
        ? this.#state.initiators.get(initiatorKey(remote, header.initiatorSpi))
        : this.#state.spis.get(spi);
    const sa = id === undefined ? undefined : this.#state.ikeSas.get(id);
    if (sa === undefined || (sa.role === 'responder') !== fromInitiator) return undefined;
    if (sa.initiatorSpi !== header.initiatorSpi) return undefined;
    const responderKnown = sa.role === 'responder' ? spi !== ZERO_SPI : sa.responderSpi !== ZERO_SPI;
    return responderKnown && sa.responderSpi !== header.responderSpi ? undefined : sa;
  }

  #onTimer(run: Run, key: string): void {
    const timer = parseTimerKey(key);
    const sa = timer === undefined ? undefined : this.#state.ikeSas.get(timer.ikeSa);
    if (timer === undefined || sa === undefined) return;
    if (this.#state.timers.get(sa.id)?.delete(timer.name) !== true) return;
    this.#guard(run, sa, () => doWork(run, sa, { kind: 'timer', name: timer.name }));
  }

  #onReply(run: Run, request: number, answer: EffectAnswer): void {
    const owner = this.#state.requests.get(request);
    if (owner === undefined) return;
    this.#state.requests.delete(request);
    const sa = this.#state.ikeSas.get(owner);
    if (sa?.pending?.request === request) {
      this.#guard(run, sa, () => answerEffect(run, sa, answer));
    } else if (answer.kind === 'dataplane') {
      reportOrphan(run, answer.reply);
    }
  }

  #onDataPlaneEvent(run: Run, event: DataPlaneEvent): void {
    if (event.kind !== 'mapping' && !(event.kind === 'expire' && event.hard)) return;
    const key = saKey(event.sa);
    for (const sa of this.#state.ikeSas.values()) {
      // By the whole key: the peer chooses the SPI of our outbound SA, which may be one of somebody else's as well.
      const child = sa.children.find((one) => saKey(inboundSa(one)) === key || saKey(outboundSa(one)) === key);
      if (child === undefined) continue;
      const work: Work =
        event.kind === 'mapping'
          ? { kind: 'peer-mapped', remote: event.from }
          : { kind: 'child-expired', child: child.id };
      return this.#guard(run, sa, () => doWork(run, sa, work));
    }
  }

  #onCommand(run: Run, command: CoreCommand): void {
    switch (command.kind) {
      case 'configure': {
        const before = this.#policies;
        this.#use(command.tunnels);
        const steps = planBlocks(before, this.#policies);
        if (steps.length > 0) run.requestCleanUp({ kind: 'apply', steps });
        return;
      }
      case 'initiate': {
        const policy = this.#policies.get(command.tunnel);
        if (policy === undefined || policy.version !== 2) return;
        const sa = initiateIkeSa(run, this.#state.nextIkeSa++, policy, command.remote);
        if (sa !== undefined) this.#adopt(run, sa);
        return;
      }
      case 'admit':
        if (command.admit) this.#state.closedTunnels.delete(command.tunnel);
        else this.#state.closedTunnels.add(command.tunnel);
        return;
      case 'terminate':
        for (const id of [...(this.#state.byTunnel.get(command.tunnel) ?? [])]) {
          const sa = this.#state.ikeSas.get(id);
          if (sa !== undefined)
            this.#guard(run, sa, () => doWork(run, sa, { kind: 'terminate', reason: command.reason }));
        }
    }
  }

  #use(tunnels: readonly TunnelPolicy[]): void {
    this.#policies = new Map(tunnels.map((policy) => [policy.name, policy]));
    this.#contacts = new Contacts(tunnels);
  }

  #adopt(run: Run, sa: IkeSaV2): void {
    addIkeSa(this.#state, sa);
    this.#settle(run, sa);
  }

  /**
   * The boundary of one IKE SA: bytes that do not parse are dropped, and a bug of ours costs this IKE SA, not the
   * daemon.
   */
  #guard(run: Run, sa: IkeSaV2, action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof WireError) {
        run.drop(sa.remote, `syntax-${error.fault}`);
      } else {
        const text =
          error instanceof InvariantError
            ? error.message
            : `bug: ${error instanceof Error ? error.message : String(error)}`;
        abandon(run, sa, { code: 'internal-error', text });
      }
    }
    this.#settle(run, sa);
  }

  /** Brings the indexes up to date with what an IKE SA has become. */
  #settle(run: Run, sa: IkeSaV2): void {
    const established = indexIkeSa(this.#state, sa);
    if (established) resolveDuplicates(run, this.#state, sa, (other, action) => this.#guard(run, other, action));
    if (sa.phase === 'closed') forgetIkeSa(run, this.#state, sa);
  }
}

/** A clean-up that fails leaves something in the kernel: the operator should know. */
function reportOrphan(run: Run, reply: DataPlaneReply): void {
  if (reply.kind !== 'refused') return;
  const { operation, algorithm, code } = reply.failure;
  run.emit({ type: 'kernel.failed', operation, code, ...(algorithm === undefined ? {} : { algorithm }) });
}
