import type { Entropy } from '../base/entropy.ts';
import { WireError } from '../base/errors.ts';
import type { Endpoint } from '../base/net.ts';
import type { Secret } from '../base/secret.ts';
import type { Now } from '../base/time.ts';
import type { ChildSa } from '../sa/child-sa.ts';
import type { Capabilities } from '../sa/proposal.ts';
import type { SegmentIndex } from '../sa/segment-index.ts';
import { changeBlocks } from './block-policies.ts';
import { onDrainTimer } from './common/child-drain.ts';
import { ofChildTimer } from './common/child-timers.ts';
import type { Effect } from './common/effect.ts';
import { INACTIVITY_TIMER } from './common/inactivity-timer.ts';
import type { CoreCommand, Input } from './common/input.ts';
import { kernelRefused } from './common/kernel-refusal.ts';
import type { MessageKeys } from './common/message-keys.ts';
import type { ShuntPolicy, TunnelPolicy } from './common/policy.ts';
import type { Reason } from './common/reason.ts';
import { UNCONFIGURED } from './common/refusals.ts';
import { sourceFault } from './common/source.ts';
import type { ChildSaView, IkeSaView } from './common/view.ts';
import type { EffectAnswer, Work } from './common/work.ts';
import { Configured } from './configured.ts';
import { type CoreState, type Move, newCoreState } from './core-state.ts';
import { onDataPlaneEvent } from './data-plane-event.ts';
import { DataPlaneIndex } from './data-plane-index.ts';
import { classifyDatagram } from './demux.ts';
import type { IkeSa } from './ike-sa.ts';
import { judgeUse, lookForUse, UNUSED } from './inactivity.ts';
import {
  forgetBereft,
  forgetOrphans,
  instanceSegments,
  instancesOf,
  renameWithInstances,
  unkeyed,
} from './instances.ts';
import { liveChild, liveChildren, liveIkeSas } from './live-sas.ts';
import { type Boundaries, followOwnAddresses } from './local-address.ts';
import { findIkeSa } from './lookup.ts';
import { abandon, answerEffect, doWork, isParting, viewIkeSa } from './machines.ts';
import { messageKeysOf } from './message-keys.ts';
import { bugOf, reportOrphan } from './mishaps.ts';
import { answerNewPeer } from './new-peer.ts';
import { forgetIkeSa, indexIkeSa } from './registry.ts';
import { parseTimerKey, Run, type Surroundings, timerKey } from './run.ts';
import { changeShunts } from './shunt-policies.ts';
import { actOnOne } from './single.ts';
import { changeTrap, onTrapAnswer } from './traps.ts';
import { resolveDuplicates } from './uniqueness.ts';
import {
  connectTunnel,
  dropTunnel,
  onEstablished,
  onTunnelAnswer,
  onTunnelTimer,
  pruneTunnel,
  renewTunnel,
  terminateTunnel,
} from './v1/tunnel.ts';
import { ikeSaFor } from './v2/children.ts';
import { COOKIE_KEY_BYTES } from './v2/cookie.ts';
import { answerUnknownSpis } from './v2/crash-detection.ts';
import { initiateIkeSa } from './v2/exchanges/ike-sa-init-initiator.ts';
import { refuseMajorVersion } from './v2/version.ts';
import { decodeHeader, FLAG_RESPONSE, type IkeHeader, ZERO_SPI } from './wire/header.ts';

type Datagram = Extract<Work, { readonly kind: 'datagram' }>;

export type IkeCoreOptions = {
  readonly entropy: Entropy;
  readonly capabilities: Capabilities;
  readonly tunnels: readonly TunnelPolicy[];
  /** The same at every start; without it peers are not told of a crash (RFC 6290). At least 32 random bytes. */
  readonly crashSecret?: Secret;
  /** Whether each message is told of as an event, decoded, without secrets. */
  readonly recordMessages?: boolean;
  /** Where to go on from, as `snapshot` gave it. */
  readonly state?: CoreState;
};

/**
 * The whole of IKE as a synchronous function from inputs to effects. It never throws for anything that comes from
 * outside; the same entropy and inputs give the same effects.
 */
export class IkeCore {
  readonly #fixed: Surroundings;
  readonly #state: CoreState;
  readonly #configured: Configured;
  #shunts: readonly ShuntPolicy[] = [];
  readonly #index: DataPlaneIndex;
  readonly #segments: SegmentIndex<ChildSa>;

  constructor(options: IkeCoreOptions) {
    const { entropy, capabilities, crashSecret, recordMessages: recordsMessages = false } = options;
    this.#fixed = { entropy, capabilities, crashSecret, recordsMessages };
    this.#state = options.state ?? newCoreState(entropy.bytes(COOKIE_KEY_BYTES));
    this.#index = new DataPlaneIndex(this.#state);
    this.#segments = instanceSegments(this.#state);
    this.#configured = new Configured(this.#state, options.tunnels);
  }

  handle(input: Input, now: Now): readonly Effect[] {
    const run = new Run(this.#fixed, {
      now,
      policies: this.#configured.policies,
      contacts: this.#configured.contacts,
      index: this.#index,
      segments: this.#segments,
      state: this.#state,
    });
    this.#dispatch(run, input);
    this.#settle(run);
    if (run.bereft.size > 0) forgetBereft(run, this.#state);
    return run.effects;
  }

  /** The tunnels that peers of tunnels for many have, as they are in force. */
  instances(): TunnelPolicy[] {
    return [...this.#state.instances.keys()].flatMap((name) => this.#configured.policies.get(name) ?? []);
  }

  /** One of them; undefined for any other tunnel. */
  instance(name: string): TunnelPolicy | undefined {
    return this.#state.instances.has(name) ? this.#configured.policies.get(name) : undefined;
  }

  /** The names of those that peers of this tunnel for many have. */
  instancesOf(template: string): readonly string[] {
    return instancesOf(this.#state, template);
  }

  /** What may be seen of the live IKE SAs; of one tunnel where it is named. */
  views(tunnel?: string): IkeSaView[] {
    return liveIkeSas(this.#state, tunnel).map(viewIkeSa);
  }

  /** The tunnels that an IKE SA serves. */
  tunnelsOf(ikeSa: number): readonly string[] {
    return this.#state.tunnelsOf.get(ikeSa) ?? [];
  }

  /** With what the messages of a tunnel are read, for the operator who asks for it. Secret. */
  messageKeys(tunnel: string): MessageKeys[] {
    return liveIkeSas(this.#state, tunnel).flatMap((sa) => messageKeysOf(sa) ?? []);
  }

  /** The Child SAs; of one tunnel where it is named. */
  children(tunnel?: string): ChildSaView[] {
    return liveChildren(this.#state, tunnel);
  }

  /** One Child SA of a tunnel, which is cheaper than all of them; undefined where it is gone. */
  child(tunnel: string, id: string): ChildSaView | undefined {
    return liveChild(this.#state, tunnel, id);
  }

  /** What sets the timers anew in a process that has taken up a snapshot. */
  resume(): readonly Effect[] {
    return [...this.#state.timers].flatMap(([owner, timers]) =>
      [...timers].map(([name, at]): Effect => ({ kind: 'timer.set', key: timerKey(owner, name), at })),
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
        return onDataPlaneEvent(run, this.#state, input.event, this.#boundaries(run));
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
    if (header.majorVersion !== 1 && header.majorVersion !== 2) return refuseMajorVersion(run, header, work);
    const sa = findIkeSa(this.#state, header, remote);
    if (sa !== undefined) return this.#guard(run, sa, () => doWork(run, sa, work));
    if (header.responderSpi !== ZERO_SPI || (header.majorVersion === 2 && (header.flags & FLAG_RESPONSE) !== 0)) {
      answerUnknownSpis(run, header, work, (spi) => this.#state.spis.has(spi));
      return run.drop(remote, 'unknown-spi');
    }
    if (this.#state.spis.has(header.initiatorSpi)) return run.drop(remote, 'reflection');
    answerNewPeer(run, this.#state, header, work);
  }

  #onTimer(run: Run, key: string): void {
    const timer = parseTimerKey(key);
    if (timer === undefined || this.#state.timers.get(timer.owner)?.delete(timer.name) !== true) return;
    const { owner, name } = timer;
    if (typeof owner === 'string') return this.#onTunnelTimer(run, owner, name);
    const sa = this.#state.ikeSas.get(owner);
    if (sa !== undefined) this.#guard(run, sa, () => doWork(run, sa, { kind: 'timer', name }));
  }

  /** A timer of a tunnel as a whole, or of one of its Child SAs. */
  #onTunnelTimer(run: Run, tunnel: string, key: string): void {
    if (key === INACTIVITY_TIMER) return lookForUse(run, this.#state, tunnel);
    const timer = ofChildTimer(run.childrenOf(tunnel), key);
    const sa = timer === undefined ? undefined : this.#state.ikeSas.get(timer.child.ikeSa);
    if (timer?.name === 'drain')
      return this.#guardTunnel(run, tunnel, () => onDrainTimer(run, timer.child, sa !== undefined && isParting(sa)));
    if (timer === undefined || sa?.version !== 2)
      return this.#guardTunnel(run, tunnel, () => onTunnelTimer(run, tunnel, key));
    const work: Work = { kind: 'child-timer', child: timer.child.id, name: timer.name };
    this.#guard(run, sa, () => doWork(run, sa, work));
  }

  #onReply(run: Run, request: number, answer: EffectAnswer): void {
    const owner = this.#state.requests.get(request);
    if (owner === undefined) return;
    this.#state.requests.delete(request);
    const move = this.#state.moves.get(request);
    if (move !== undefined) return this.#onMoved(run, request, move, answer);
    if (typeof owner === 'string') return this.#onTunnelReply(run, owner, request, answer);
    const sa = this.#state.ikeSas.get(owner);
    let awaited = false;
    if (sa !== undefined)
      this.#guard(run, sa, () => {
        awaited = answerEffect(run, sa, request, answer);
      });
    if (!awaited && answer.kind === 'dataplane') reportOrphan(run, answer.reply);
  }

  #onTunnelReply(run: Run, tunnel: string, request: number, answer: EffectAnswer): void {
    if (answer.kind === 'dataplane') {
      const asked = { tunnel, request, reply: answer.reply };
      if (onTrapAnswer(run, this.#state, asked)) return;
      const use = judgeUse(run, this.#state, asked);
      if (use !== undefined) return use === 'idle' ? this.#terminate(run, tunnel, UNUSED) : undefined;
    }
    this.#guardTunnel(run, tunnel, () => onTunnelAnswer(run, tunnel, request, answer));
  }

  /** Where the kernel has not followed, IKE and kernel may not disagree any longer: the tunnel starts over. */
  #onMoved(run: Run, request: number, move: Move, answer: EffectAnswer): void {
    this.#state.moves.delete(request);
    if (answer.kind !== 'dataplane' || answer.reply.kind !== 'refused') return;
    const reason = kernelRefused(run, move.tunnel, answer.reply);
    run.requestCleanUp({ kind: 'apply', steps: move.remains });
    if (run.childrenOf(move.tunnel).some(({ id }) => id === move.child)) this.#terminate(run, move.tunnel, reason);
  }

  #onCommand(run: Run, command: CoreCommand): void {
    switch (command.kind) {
      case 'configure':
        return this.#configure(run, command);
      case 'add-tunnels':
        return changeBlocks(run, [], this.#configured.add(command.tunnels));
      case 'remove-tunnels':
        return changeBlocks(run, this.#configured.remove(command.names), []);
      case 'shunts':
        changeShunts(run, this.#shunts, command.shunts);
        this.#shunts = command.shunts;
        return;
      case 'initiate':
        return this.#initiate(run, command);
      case 'admit':
        if (command.admit) this.#state.closedTunnels.delete(command.tunnel);
        else this.#state.closedTunnels.add(command.tunnel);
        return;
      case 'trap':
        return changeTrap(run, this.#state, command);
      case 'local-address':
        return this.#onLocalAddress(run, command);
      case 'rekey':
      case 'prune':
        return this.#each(command.tunnel, (tunnel) => this.#renew(run, { ...command, tunnel }));
      case 'terminate':
        return this.#each(command.tunnel, (tunnel) => this.#terminate(run, tunnel, command.reason));
      default:
        return actOnOne(run, this.#state, command, this.#boundaries(run));
    }
  }

  #configure(run: Run, { tunnels, renamed }: Extract<CoreCommand, { readonly kind: 'configure' }>): void {
    const before = this.#configured.policies;
    if (renamed !== undefined) renameWithInstances(run, this.#state, renamed);
    for (const name of unkeyed(this.#state, before, tunnels)) this.#terminate(run, name, UNCONFIGURED);
    this.#configured.replace(tunnels);
    run.policies = this.#configured.policies;
    forgetOrphans(run, this.#state);
    changeBlocks(run, before, run.policies);
  }

  /** For a tunnel and, where it is one for many peers, those that it has. */
  #each(tunnel: string, action: (tunnel: string) => void): void {
    for (const name of [tunnel, ...instancesOf(this.#state, tunnel)]) action(name);
  }

  #initiate(run: Run, { tunnel, remote, packet }: Extract<CoreCommand, { readonly kind: 'initiate' }>): void {
    const policy = this.#configured.policies.get(tunnel);
    if (policy === undefined) return;
    if (policy.version === 1) return this.#guardTunnel(run, tunnel, () => connectTunnel(run, policy, remote));
    const current = ikeSaFor(run, policy);
    if (current !== undefined)
      return this.#guard(run, current, () => doWork(run, current, { kind: 'connect', tunnel }));
    const sa = initiateIkeSa(run, run.newIkeSaId(), policy, { resolved: remote, packet });
    if (sa !== undefined) run.adopt(sa);
  }

  #onLocalAddress(run: Run, { gateway, ...own }: Extract<CoreCommand, { readonly kind: 'local-address' }>): void {
    this.#state.ownAddresses.set(gateway, { address: own.address, others: own.others });
    this.#configured.move(gateway);
    followOwnAddresses(run, this.#state, { gateway, own }, this.#boundaries(run));
  }

  /** In IKEv2 it is the affair of each IKE SA, in IKEv1 of the tunnel. */
  #renew(run: Run, work: Extract<Work, { readonly kind: 'rekey' | 'prune' }>): void {
    const { tunnel } = work;
    const policy = this.#configured.policies.get(tunnel);
    if (policy === undefined) return;
    if (policy.version === 2) {
      for (const sa of run.ikeSasV2Of(tunnel)) this.#guard(run, sa, () => doWork(run, sa, work));
      return;
    }
    this.#guardTunnel(run, tunnel, () =>
      work.kind === 'rekey' ? renewTunnel(run, tunnel, work.what) : pruneTunnel(run, policy, work.reason),
    );
  }

  #terminate(run: Run, tunnel: string, reason: Reason): void {
    for (const id of [...(this.#state.byTunnel.get(tunnel) ?? [])]) {
      const sa = this.#state.ikeSas.get(id);
      if (sa?.version === 2) this.#guard(run, sa, () => doWork(run, sa, { kind: 'leave', tunnel, reason }));
    }
    this.#guardTunnel(run, tunnel, () => terminateTunnel(run, tunnel, reason));
  }

  /**
   * The boundary of one IKE SA: bytes that do not parse are dropped, and a bug of ours costs this IKE SA, not the
   * daemon.
   */
  #guard(run: Run, sa: IkeSa, action: () => void): void {
    run.touch(sa);
    try {
      action();
    } catch (error) {
      if (error instanceof WireError) run.drop(sa.remote, `syntax-${error.fault}`);
      else abandon(run, sa, bugOf(error));
    }
    this.#settle(run);
  }

  /** The same for what concerns the Child SAs of a tunnel and no single IKE SA: a bug costs the tunnel its SAs. */
  #guardTunnel(run: Run, tunnel: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      dropTunnel(run, tunnel, bugOf(error));
    }
    this.#settle(run);
  }

  #boundaries(run: Run): Boundaries {
    return {
      ofIkeSa: (sa, action) => this.#guard(run, sa, action),
      ofTunnel: (tunnel, action) => this.#guardTunnel(run, tunnel, action),
    };
  }

  /** Brings the indexes up to date with what the IKE SAs have become. */
  #settle(run: Run): void {
    for (let sa = run.touched.shift(); sa !== undefined; sa = run.touched.shift()) {
      const established = indexIkeSa(this.#state, sa);
      if (established && sa.version === 2)
        resolveDuplicates(run, this.#state, sa, (other, action) => this.#guard(run, other, action));
      else if (established && sa.version === 1) this.#guardTunnel(run, sa.tunnel, () => onEstablished(run, sa));
      if (sa.phase === 'closed') forgetIkeSa(run, this.#state, sa);
    }
  }
}
