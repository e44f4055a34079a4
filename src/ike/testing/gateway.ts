import { concatBytes } from '../../base/bytes.ts';
import { SeededEntropy } from '../../base/entropy.ts';
import type { Endpoint, IpAddress } from '../../base/net.ts';
import type { Secret } from '../../base/secret.ts';
import { performKeyExchange } from '../../crypto/key-exchange.ts';
import type { DataPlaneReply, DataPlaneRequest, DataPlaneStep } from '../../sa/data-plane.ts';
import { EVERYTHING } from '../../sim/tunnels.ts';
import type { Effect } from '../common/effect.ts';
import type { GatewayEvent } from '../common/event.ts';
import type { CoreCommand, Input } from '../common/input.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { ReasonCode } from '../common/reason.ts';
import type { ChildSaView, IkeSaView } from '../common/view.ts';
import { IkeCore } from '../core.ts';
import type { CoreState } from '../core-state.ts';
import { openMessage, sealMessage } from '../v2/encrypted-payload.ts';
import { messageKeys } from '../v2/keymat.ts';
import type { ExchangeName, IkeSaV2 } from '../v2/state.ts';
import { ivOf } from '../v2/testing/protections.ts';
import { decodePlainMessage, encodePlainMessage } from '../v2/wire/message.ts';
import { decodePayloads, type Payload } from '../v2/wire/payload.ts';
import { EXCHANGE, FLAG_INITIATOR, FLAG_RESPONSE } from '../wire/header.ts';

/** A datagram on its way. */
export type Sent = { readonly from: Endpoint; readonly to: Endpoint; readonly datagram: Uint8Array };

type Asked = Extract<Effect, { readonly kind: 'job' } | { readonly kind: 'dataplane' }>;

type TestGatewayOptions = {
  readonly seed: number;
  readonly tunnels: readonly TunnelPolicy[];
  readonly state?: CoreState;
  readonly crashSecret?: Secret;
  readonly recordMessages?: boolean;
};

/** The time that the cores of these tests start at; not zero, so that nobody takes it for "never". */
const START = 5_000_000;

/**
 * One core with its host played by hand: jobs and the data plane answer at once, unless they are held; timers go off
 * when the test says so; what it sends waits in `outbox` until the test delivers it, alters it or loses it.
 */
export class TestGateway {
  readonly core: IkeCore;
  readonly address: IpAddress;
  readonly tunnels: readonly TunnelPolicy[];
  mono = START;
  outbox: Sent[] = [];
  readonly events: GatewayEvent[] = [];
  readonly timers = new Map<string, number>();
  /** All that was asked of the data plane. */
  readonly operations: DataPlaneRequest[] = [];
  readonly jobs: string[] = [];
  /** Of each of them whether it was for an established IKE SA. */
  readonly jobsOfEstablished: boolean[] = [];
  /** With `hold`, what waits for `answerHeld`. */
  held: Asked[] = [];
  hold = false;
  /** Steps of this kind are refused. */
  refuses: DataPlaneStep['kind'] | 'allocate-spi' | undefined;
  packets = 0;
  #nextSpi: number;

  readonly #options: TestGatewayOptions;

  constructor(address: IpAddress, options: TestGatewayOptions) {
    this.address = address;
    this.#options = options;
    this.tunnels = options.tunnels;
    this.core = new IkeCore({ entropy: new SeededEntropy(options.seed), capabilities: EVERYTHING, ...options });
    this.#nextSpi = 0xc000_0000 + options.seed * 0x1000;
  }

  /** The same gateway after a crash: all that it knew of its SAs is lost. */
  restarted(seed: number): TestGateway {
    const { tunnels, crashSecret } = this.#options;
    return new TestGateway(this.address, { seed, tunnels, ...(crashSecret === undefined ? {} : { crashSecret }) });
  }

  /** Hands over an input and performs what comes of it; returns the effects of the input itself. */
  input(input: Input): readonly Effect[] {
    const effects = this.core.handle(input, { mono: this.mono, wall: 1_800_000_000_000 + this.mono });
    const asked = effects.flatMap((effect) => this.#perform(effect) ?? []);
    // Never in the middle of the effects of something else.
    for (const one of asked) this.#ask(one);
    return effects;
  }

  command(command: CoreCommand): readonly Effect[] {
    return this.input({ kind: 'command', command });
  }

  initiate(tunnel = 'net'): void {
    this.command({ kind: 'initiate', tunnel });
  }

  terminate(tunnel = 'net'): readonly Effect[] {
    return this.command({ kind: 'terminate', tunnel, reason: { code: 'terminated', text: 'asked to' } });
  }

  receive(sent: Sent): readonly Effect[] {
    return this.input({ kind: 'datagram', local: sent.to, remote: sent.from, bytes: sent.datagram });
  }

  /** Takes what waits to be delivered. */
  take(): Sent[] {
    return this.outbox.splice(0);
  }

  /** Takes the one datagram that waits. */
  takeOne(): Sent {
    const [sent, ...more] = this.take();
    if (sent === undefined || more.length > 0) throw new Error(`one datagram expected, not ${more.length}`);
    return sent;
  }

  /** Lets time pass to the timer of that name and sets it off. */
  fire(name: string): readonly Effect[] {
    const [key, at] = [...this.timers].find(([candidate]) => candidate.endsWith(`:${name}`)) ?? [];
    if (key === undefined || at === undefined) throw new Error(`no timer ${name} is set`);
    this.mono = Math.max(this.mono, at);
    this.timers.delete(key);
    return this.input({ kind: 'timer', key });
  }

  /** Lets time pass until nothing drains any more of Child SAs that were replaced. */
  endDrains(): void {
    const due = () => [...this.timers].find(([key]) => key.includes(':drain-'));
    for (let timer = due(); timer !== undefined; timer = due()) {
      const [key, at] = timer;
      this.mono = Math.max(this.mono, at);
      this.timers.delete(key);
      this.input({ kind: 'timer', key });
    }
  }

  timerNames(): string[] {
    return [...this.timers.keys()].map((key) => key.replace(/^ike:\d+:/, ''));
  }

  /** Answers what is held, and whatever comes of that, until nothing is left. */
  answerHeld(): void {
    for (let asked = this.held.shift(); asked !== undefined; asked = this.held.shift()) this.#answer(asked);
  }

  /** The IKE SAs, each with the Child SAs that it has made. */
  views(): (IkeSaView & { readonly children: readonly ChildSaView[] })[] {
    const children = this.core.children();
    return this.core.views().map((view) => ({ ...view, children: children.filter(({ ikeSa }) => ikeSa === view.id) }));
  }

  /** The live IKE SA with its keys; of the snapshot, so that a test cannot change it. */
  ikeSa(index = 0): IkeSaV2 {
    const sa = [...this.core.snapshot().ikeSas.values()][index];
    if (sa?.version !== 2) throw new Error('no IKE SA of IKEv2');
    return sa;
  }

  eventTypes(): GatewayEvent['type'][] {
    return this.events.map(({ type }) => type);
  }

  reasonsOf(type: GatewayEvent['type']): ReasonCode[] {
    return this.events.flatMap((event) => (event.type === type && 'reason' in event ? [event.reason.code] : []));
  }

  drops(): string[] {
    return this.events.flatMap((event) => (event.type === 'datagram.dropped' ? [event.why] : []));
  }

  /** Every step that the data plane was asked for. */
  steps(kind: DataPlaneStep['kind']): DataPlaneStep[] {
    return this.operations.flatMap((operation) =>
      operation.kind === 'apply' ? operation.steps.filter((step) => step.kind === kind) : [],
    );
  }

  /** How many SAs the data plane holds, if it has done all that it was asked for. */
  installedSas(): number {
    const held = new Set<string>();
    for (const operation of this.operations)
      for (const step of operation.kind === 'apply' ? operation.steps : []) {
        if (step.kind === 'add-sa') held.add(`${step.sa.destination} ${step.sa.spi}`);
        else if (step.kind === 'remove-sa') held.delete(`${step.sa.destination} ${step.sa.spi}`);
      }
    return held.size;
  }

  /** Returns what asks for an answer. */
  #perform(effect: Effect): Asked | undefined {
    if (effect.kind === 'send') this.outbox.push(effect);
    else if (effect.kind === 'emit') this.events.push(effect.event);
    else if (effect.kind === 'timer.set') this.timers.set(effect.key, effect.at);
    else if (effect.kind === 'timer.clear') this.timers.delete(effect.key);
    else if (effect.kind !== 'resolve') return effect;
    return undefined;
  }

  #ask(effect: Asked): void {
    if (effect.kind === 'dataplane') this.operations.push(effect.operation);
    else {
      this.jobs.push(`${effect.job.kind} ${effect.job.method}`);
      this.jobsOfEstablished.push(effect.established);
    }
    if (this.hold) this.held.push(effect);
    else this.#answer(effect);
  }

  #answer(asked: Asked): void {
    const { request } = asked;
    if (asked.kind === 'job') this.input({ kind: 'job.reply', request, result: performKeyExchange(asked.job) });
    else this.input({ kind: 'dataplane.reply', request, reply: this.#reply(asked.operation) });
  }

  #reply(operation: DataPlaneRequest): DataPlaneReply {
    const refused = operation.kind === 'apply' ? operation.steps.some(({ kind }) => kind === this.refuses) : false;
    if (refused || operation.kind === this.refuses)
      return { kind: 'refused', failure: { operation: 'add ESP SA', code: 'ENOMEM' } };
    if (operation.kind === 'allocate-spi') return { kind: 'spi', spi: this.#nextSpi++ };
    if (operation.kind === 'apply') return { kind: 'done' };
    return { kind: 'counters', counters: operation.sas.map((sa) => ({ sa, bytes: 0, packets: this.packets })) };
  }
}

export type Forgery = {
  readonly exchange: ExchangeName | number;
  readonly payloads: readonly Payload[];
  readonly messageId: number;
  readonly response?: boolean;
};

/** An authentic message by whoever shares the IKE SA of `sender` with the other side, with content of one's choice. */
export function forge(sender: TestGateway, forgery: Forgery): Sent {
  const sa = sender.ikeSa();
  const { suite, keys, role, initiatorSpi, responderSpi } = sa;
  if (suite === undefined || keys === undefined) throw new Error('no keys yet');
  const { exchange } = forgery;
  const flags = (role === 'initiator' ? FLAG_INITIATOR : 0) | (forgery.response === true ? FLAG_RESPONSE : 0);
  const exchangeType = typeof exchange === 'number' ? exchange : EXCHANGE[exchange];
  const protection = { suite, keys: messageKeys(keys, role) };
  const message = sealMessage({
    ...protection,
    header: { initiatorSpi, responderSpi, exchangeType, flags, messageId: forgery.messageId },
    payloads: forgery.payloads,
    iv: ivOf(protection),
  });
  return { from: sa.local, to: sa.remote, datagram: marked(sa.local, message) };
}

/** A message of `sender` with other payloads inside, sealed as it would have. */
export function alter(sender: TestGateway, sent: Sent, change: (payloads: Payload[]) => readonly Payload[]): Sent {
  const { header, payloads: before } = open(sender, sent);
  const { exchangeType, messageId, flags } = header;
  const payloads = change(before);
  const response = (flags & FLAG_RESPONSE) !== 0;
  return { ...sent, datagram: forge(sender, { exchange: exchangeType, messageId, response, payloads }).datagram };
}

/** What a protected message of `sender` says. */
export function read(sender: TestGateway, sent: Sent): readonly Payload[] {
  return open(sender, sent).payloads;
}

function open(sender: TestGateway, sent: Sent) {
  const { suite, keys, role } = sender.ikeSa();
  if (suite === undefined || keys === undefined) throw new Error('no keys yet');
  const message = openMessage(messageOf(sent), suite, messageKeys(keys, role));
  if (message === undefined) throw new Error('not a message of this sender');
  return { header: message.header, payloads: decodePayloads(message.firstType, message.chain) };
}

/** An IKE_SA_INIT, of either side, with other payloads. */
export function alterInit(sent: Sent, change: (payloads: Payload[]) => readonly Payload[]): Sent {
  const { header, payloads } = decodePlainMessage(messageOf(sent));
  return { ...sent, datagram: marked(sent.from, encodePlainMessage(header, change(payloads))) };
}

/** Puts the non-ESP marker where the port asks for it. */
export function marked(from: Endpoint, message: Uint8Array): Uint8Array {
  return from.port === 4500 ? concatBytes(new Uint8Array(4), message) : message;
}

/** The IKE message in a datagram. */
export function messageOf(sent: Sent): Uint8Array {
  return sent.from.port === 4500 ? sent.datagram.subarray(4) : sent.datagram;
}
