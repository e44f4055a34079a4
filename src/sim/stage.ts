import { MINUTE, SECOND } from '../base/time.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import { IkeCore } from '../ike/core.ts';
import { saKey } from '../sa/ledger.ts';
import type { SimGateway } from './gateway.ts';
import { establishedIkeSas, expectRest, installedChildren } from './invariants.ts';
import { type HeldMessage, MessageGate, type Wanted } from './message-gate.ts';
import { CorePair, type PairOptions } from './pair.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import type { NonceLeads } from './steered-entropy.ts';

/** Which of the four nonces of two exchanges that cross is the lowest, and whose exchange therefore stays. */
export type NonceOrder = {
  readonly name: string;
  readonly left: NonceLeads;
  readonly right: NonceLeads;
  readonly winner: 'left' | 'right';
};

const LOW = 0x01;
const HIGH = 0xfe;

/** RFC 7296 §2.8.1: the SA that was made with the lowest of the four nonces is closed by whoever initiated it. */
export const NONCE_ORDERS: readonly NonceOrder[] = [
  {
    name: "left's own nonce is the lowest",
    left: { initiating: LOW, responding: HIGH },
    right: { initiating: HIGH, responding: HIGH },
    winner: 'right',
  },
  {
    name: "right's answer to left has the lowest",
    left: { initiating: HIGH, responding: HIGH },
    right: { initiating: HIGH, responding: LOW },
    winner: 'right',
  },
  {
    name: "right's own nonce is the lowest",
    left: { initiating: HIGH, responding: HIGH },
    right: { initiating: LOW, responding: HIGH },
    winner: 'left',
  },
  {
    name: "left's answer to right has the lowest",
    left: { initiating: HIGH, responding: LOW },
    right: { initiating: HIGH, responding: HIGH },
    winner: 'left',
  },
];

/** Probes would be in the way of what is played. */
const RARE_PROBES = { delay: 4 * MINUTE, timeout: 5 * MINUTE, action: 'restart' } as const;

/** Long enough for repetitions, for retries after TEMPORARY_FAILURE and for what drains. */
const BUSY_TIME = 8 * SECOND;
/** What nobody deletes goes after a minute. */
const SETTLING_TIME = 2 * MINUTE;

/**
 * Two connected cores of IKEv2 whose messages pass one by one, as the play says. A test calls the side that it looks
 * at `a` and the other one `b`.
 */
export class Stage {
  readonly pair: CorePair;
  readonly gate: MessageGate;
  readonly a: SimGateway;
  readonly b: SimGateway;
  readonly traffic: SteadyTraffic;

  constructor(options: Omit<PairOptions, 'seed'> & { readonly order?: NonceOrder } = {}) {
    const { order, ...rest } = options;
    this.pair = new CorePair({ seed: 1, ...rest, tunnel: { dpd: RARE_PROBES, ...rest.tunnel } });
    this.a = this.pair.left;
    this.b = this.pair.right;
    this.pair.connect();
    if (order !== undefined) this.#steer(order);
    this.gate = new MessageGate(this.pair.world);
    this.traffic = new SteadyTraffic(this.pair, 20).start();
  }

  other(gateway: SimGateway): SimGateway {
    return gateway === this.a ? this.b : this.a;
  }

  /** Its only Child SA, by the state that it should be in. */
  childOf(gateway: SimGateway): ChildSaView {
    const [child, ...more] = installedChildren(gateway);
    if (child === undefined || more.length > 0)
      return this.pair.world.fail(`${gateway.name} has ${more.length + (child === undefined ? 0 : 1)} Child SAs`);
    return child;
  }

  rekeyChild(gateway: SimGateway, child = this.childOf(gateway)): void {
    this.#note(gateway, `rekeys ${child.id}`);
    gateway.fire(`sas:${child.tunnel}:rekey-${child.id}`);
    this.pair.world.run(10);
  }

  rekeyIke(gateway: SimGateway): void {
    this.#note(gateway, 'rekeys the IKE SA');
    for (const { id } of establishedIkeSas(gateway)) gateway.fire(`ike:${id}:rekey`);
    this.pair.world.run(10);
  }

  /** A Child SA reaches its end in the kernel: packets are lost until there is another. */
  deleteChild(gateway: SimGateway, child = this.childOf(gateway)): void {
    this.#note(gateway, `deletes ${child.id}`);
    this.traffic.stop();
    gateway.kernel.expire(child.inbound);
    this.pair.world.run(10);
  }

  deleteIke(gateway: SimGateway): void {
    this.#note(gateway, 'deletes the IKE SA');
    this.traffic.stop();
    this.pair.terminate(gateway);
    this.pair.world.run(10);
  }

  /** It forgets its Child SAs without a word, as where a process has gone on from an old state. */
  lose(gateway: SimGateway): void {
    this.#note(gateway, 'loses its Child SAs');
    this.traffic.stop();
    if (!(gateway.machine instanceof IkeCore)) throw new TypeError('only a core can be restored');
    const state = gateway.machine.snapshot();
    state.children.clear();
    state.timers.delete('net');
    gateway.restart();
    this.pair.restore(gateway, state);
  }

  /** Lets one message through. */
  pass(from: SimGateway, kind: 'request' | 'response', says?: string): HeldMessage {
    return this.gate.pass({ from, kind, ...(says === undefined ? {} : { says }) });
  }

  said(wanted: Wanted): number {
    return this.gate.passed(wanted).length;
  }

  /** Whatever is left to be said is said. */
  settle(): void {
    this.gate.open();
    this.pair.world.run(BUSY_TIME);
    this.traffic.stop();
    this.pair.world.run(SETTLING_TIME);
    for (const gateway of [this.a, this.b]) this.#expectNothingTwice(gateway);
  }

  /**
   * In the end there is one IKE SA with one Child SA, and both work. Where the Child SA was deleted and neither end has
   * made another by itself, their supervisors ask for it.
   */
  expectOneOfEach(): void {
    this.settle();
    const ends = [this.a, this.b];
    if (ends.every((end) => installedChildren(end).length === 0)) {
      for (const end of ends) this.pair.initiate(end);
      this.pair.world.run(SETTLING_TIME);
    }
    expectRest(this.pair.world, this.a, this.b);
    const fates = this.pair.exchangePackets().join();
    if (fates !== 'delivered,delivered') this.pair.world.fail(`the packets are ${fates}`);
  }

  expectNothing(): void {
    this.settle();
    for (const { name, machine, kernel } of [this.a, this.b]) {
      const left = [machine.views().length, machine.children().length, kernel.sas().length];
      if (left.some((count) => count > 0)) this.pair.world.fail(`${name} still has ${left} IKE SAs, Child SAs, SAs`);
    }
  }

  /** Who initiated the exchange that made the Child SA that there is. */
  get childInitiator(): string {
    const roles = [this.a, this.b].map(({ name, machine }) => {
      const children = machine instanceof IkeCore ? [...machine.snapshot().children.values()].flat() : [];
      return { name, role: children.map(({ role }) => role).join() };
    });
    return roles.find(({ role }) => role === 'initiator')?.name ?? 'nobody';
  }

  /** Who initiated the IKE SA that there is. */
  get ikeInitiator(): string {
    const isInitiator = ({ machine }: SimGateway) => machine.views().every(({ role }) => role === 'initiator');
    return [this.a, this.b].find(isInitiator)?.name ?? 'nobody';
  }

  #steer({ left, right }: NonceOrder): void {
    this.a.entropy.leads = left;
    this.b.entropy.leads = right;
  }

  /** No Child SA and no IKE SA ends twice. */
  #expectNothingTwice(gateway: SimGateway): void {
    const seen = new Set<string>();
    for (const event of gateway.events) {
      const subject = 'child' in event ? event.child : 'ikeSa' in event ? event.ikeSa : undefined;
      if (!ENDINGS.has(event.type) || subject === undefined) continue;
      const successor = 'successor' in event ? ` by ${event.successor}` : '';
      const text = `${event.type} of ${subject}${successor}`;
      if (seen.has(text)) this.pair.world.fail(`${gateway.name} tells ${text} twice`);
      seen.add(text);
    }
  }

  #note(gateway: SimGateway, text: string): void {
    this.pair.world.note(() => `== ${gateway.name} ${text}`);
  }
}

const ENDINGS: ReadonlySet<string> = new Set([
  'child.installed',
  'child.rekeyed',
  'child.deleted',
  'ike.rekeyed',
  'ike.closed',
]);

/** Whether `gateway` has a Child SA with this inbound SPI. */
export function hasChild(gateway: SimGateway, child: ChildSaView): boolean {
  return gateway.machine.children().some(({ inbound }) => saKey(inbound) === saKey(child.inbound));
}
