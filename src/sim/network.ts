import type { Endpoint, IpAddress } from '../base/net.ts';
import { addressFamily } from '../base/net.ts';
import type { LinkConditions } from './conditions.ts';
import type { Dice } from './dice.ts';
import type { NatDevice } from './nat.ts';
import type { Scheduler } from './scheduler.ts';

export type Datagram = { readonly from: Endpoint; readonly to: Endpoint; readonly bytes: Uint8Array };

/** Gets each datagram with the source as seen there and the own endpoint as destination. */
export type Receiver = (datagram: Datagram) => void;

export type Fate = 'sent' | 'lost' | 'duplicated' | 'too-big';

/** IP and UDP headers without options. */
const HEADER_BYTES = { 4: 28, 6: 48 } as const;

/** Nodes, the NAT devices between them, and what the path does to datagrams. */
export class SimNetwork {
  conditions: LinkConditions;
  /** Takes datagrams away as they are sent, before anything befalls them; true where it has taken this one. */
  gate: ((datagram: Datagram) => boolean) | undefined;
  readonly #scheduler: Scheduler;
  readonly #dice: Dice;
  readonly #nodes = new Map<IpAddress, Receiver>();
  readonly #nats: NatDevice[] = [];
  readonly #cuts = new Set<string>();
  readonly #taps = new Set<(datagram: Datagram, fate: Fate) => void>();
  #inBurst = false;
  #inFlight = 0;

  constructor(scheduler: Scheduler, dice: Dice, conditions: LinkConditions) {
    this.#scheduler = scheduler;
    this.#dice = dice;
    this.conditions = conditions;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  attach(address: IpAddress, receiver: Receiver): void {
    this.#nodes.set(address, receiver);
  }

  detach(address: IpAddress): void {
    this.#nodes.delete(address);
  }

  addNat(nat: NatDevice): void {
    this.#nats.push(nat);
  }

  /** Sees every datagram as it enters the network, before any NAT, until the function that is returned is called. */
  tap(listener: (datagram: Datagram, fate: Fate) => void): () => void {
    this.#taps.add(listener);
    return () => {
      this.#taps.delete(listener);
    };
  }

  /** Nothing passes between the two nodes until `heal`. */
  partition(a: IpAddress, b: IpAddress): void {
    this.#cuts.add(`${a} ${b}`).add(`${b} ${a}`);
  }

  heal(): void {
    this.#cuts.clear();
  }

  send(datagram: Datagram): void {
    if (this.gate?.(datagram) === true) return;
    const fate = this.#fate(datagram);
    for (const listener of this.#taps) listener(datagram, fate);
    if (fate !== 'sent' && fate !== 'duplicated') return;
    this.#launch(datagram);
    if (fate === 'duplicated') this.#launch(datagram);
  }

  /** Lets go what the gate has taken: it takes its time and the way through NAT, and is not lost. */
  release(datagram: Datagram): void {
    this.#launch(datagram);
  }

  /** Past loss and delay: what an attacker on the receiver's own segment can do, spoofed source and all. */
  inject(datagram: Datagram): void {
    this.#inFlight++;
    this.#scheduler.after(0, () => {
      this.#inFlight--;
      this.#nodes.get(datagram.to.address)?.(datagram);
    });
  }

  /** Both endpoints as the destination sees them, where a packet would get there now; opens NAT mappings on the way. */
  route(from: Endpoint, to: Endpoint): { readonly from: Endpoint; readonly to: Endpoint } | undefined {
    const source = this.#leave(from, to);
    const target = this.#target(from, source, to);
    if (target === undefined || !this.#nodes.has(target.address) || !this.#nodes.has(from.address)) return undefined;
    return this.#cuts.has(`${from.address} ${target.address}`) ? undefined : { from: source, to: target };
  }

  #fate(datagram: Datagram): Fate {
    const { mtu, loss, burst, duplicate } = this.conditions;
    if (datagram.bytes.length + HEADER_BYTES[addressFamily(datagram.to.address)] > mtu) return 'too-big';
    if (burst !== undefined && this.#dice.chance(this.#inBurst ? burst.leave : burst.enter))
      this.#inBurst = !this.#inBurst;
    if (this.#dice.chance(this.#inBurst && burst !== undefined ? burst.loss : loss)) return 'lost';
    return this.#dice.chance(duplicate) ? 'duplicated' : 'sent';
  }

  #launch({ from, to, bytes }: Datagram): void {
    const { latency, reorder } = this.conditions;
    const held = this.#dice.chance(reorder.probability) ? this.#dice.within(reorder.delay) : 0;
    // The way out of the sender's NAT is taken now, the way in when the datagram gets there.
    const source = this.#leave(from, to);
    this.#inFlight++;
    this.#scheduler.after(this.#dice.within(latency) + held, () => {
      this.#inFlight--;
      const target = this.#target(from, source, to);
      if (target === undefined || this.#cuts.has(`${from.address} ${target.address}`)) return;
      // A copy: no receiver may change what another one still has to read.
      this.#nodes.get(target.address)?.({ from: source, to: target, bytes: bytes.slice() });
    });
  }

  #leave(from: Endpoint, to: Endpoint): Endpoint {
    const nat = this.#nats.find((device) => device.isInside(from.address));
    return nat === undefined || nat.isInside(to.address) ? from : nat.outward(from, to, this.#scheduler.now);
  }

  #target(sender: Endpoint, seenFrom: Endpoint, to: Endpoint): Endpoint | undefined {
    const inward = this.#nats.find((nat) => nat.address === to.address);
    if (inward !== undefined) return inward.inward(seenFrom, to.port, this.#scheduler.now);
    const behind = this.#nats.find((nat) => nat.isInside(to.address));
    // A private address means nothing to those outside its NAT device.
    return behind === undefined || behind.isInside(sender.address) ? to : undefined;
  }
}
