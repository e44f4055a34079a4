import type { Duration } from '../base/time.ts';
import type { SimGateway } from './gateway.ts';
import { MessageReader, type ReadMessage } from './message-reader.ts';
import type { Datagram } from './network.ts';
import type { SimWorld } from './world.ts';

/** A message that somebody has sent and nobody has got. */
export type HeldMessage = ReadMessage & { readonly from: SimGateway; readonly datagram: Datagram };

/** Which message is meant: the first one that is so; `says` is a part of its contents. */
export type Wanted = Partial<Pick<HeldMessage, 'from' | 'exchange' | 'kind' | 'messageId' | 'initiatorSpi'>> & {
  readonly says?: string;
};

/** A way with latency, the jobs and the kernel of the receiver. */
const HANDLING_TIME: Duration = 50;
/** More messages than this after each other mean that it never ends. */
const MAX_MESSAGES = 200;

/** Stands on the path and lets single messages of IKEv2 through, in whatever order, when it is told to. */
export class MessageGate {
  readonly #world: SimWorld;
  readonly #reader = new MessageReader();
  readonly #passed: HeldMessage[] = [];
  #waiting: HeldMessage[] = [];
  #closed = true;

  /** It is closed at first. */
  constructor(world: SimWorld) {
    this.#world = world;
    world.network.gate = (datagram) => this.#meet(datagram);
  }

  /** From now on each message waits here. */
  close(): void {
    this.#closed = true;
  }

  /** What waits goes on in its order, and nothing is held any more; it is still read. */
  open(): void {
    this.#closed = false;
    const released = this.#waiting;
    this.#waiting = [];
    for (const message of released) this.#release(message);
  }

  /** What has gone through, repetitions included. */
  passed(wanted: Wanted = {}): readonly HeldMessage[] {
    return this.#passed.filter((message) => fits(message, wanted));
  }

  /** In the order in which they were sent. */
  get waiting(): readonly HeldMessage[] {
    return this.#waiting;
  }

  /** Delivers one message and lets its receiver handle it. */
  pass(wanted: Wanted = {}): HeldMessage {
    const message = this.#find(wanted);
    this.passThis(message);
    return message;
  }

  /** Delivers this one, which waits. */
  passThis(message: HeldMessage): void {
    this.#waiting = this.#waiting.filter((other) => other !== message);
    this.#deliver(message);
  }

  /** Delivers one message that goes on waiting, as one that was duplicated. */
  passCopy(wanted: Wanted): HeldMessage {
    const message = this.#find(wanted);
    this.#deliver(message);
    return message;
  }

  /** One message never arrives; nor do the repetitions of it that wait. */
  drop(wanted: Wanted): HeldMessage {
    const message = this.#take(wanted);
    this.#world.note(() => `== dropped: ${messageText(message)}`);
    this.#waiting = this.#waiting.filter((other) => !sameMessage(other, message));
    return message;
  }

  /** Delivers what waits, but for what is lost on the way; what comes of it waits. */
  passUnless(isLost: (message: HeldMessage) => boolean): void {
    const released = this.#waiting;
    this.#waiting = [];
    for (const message of released) if (!isLost(message)) this.#deliver(message);
  }

  /** Delivers what waits and what comes of it, in order, until nothing waits. */
  passAll(): void {
    for (let count = 0; this.#waiting.length > 0; count++) {
      if (count > MAX_MESSAGES) this.#world.fail('the messages never end');
      this.pass();
    }
  }

  #meet(datagram: Datagram): boolean {
    const from = this.#world.gateways.find(({ address }) => address === datagram.from.address);
    const read = from === undefined ? undefined : this.#reader.read(from, datagram);
    if (from === undefined || read === undefined) return false;
    const message = { ...read, from, datagram };
    if (this.#closed) this.#waiting.push(message);
    else this.#release(message);
    return true;
  }

  #deliver(message: HeldMessage): void {
    this.#release(message);
    this.#world.run(HANDLING_TIME);
  }

  #release(message: HeldMessage): void {
    this.#world.note(() => `== passed: ${messageText(message)}`);
    this.#passed.push(message);
    this.#world.network.release(message.datagram);
  }

  #take(wanted: Wanted): HeldMessage {
    const message = this.#find(wanted);
    this.#waiting = this.#waiting.filter((other) => other !== message);
    return message;
  }

  #find(wanted: Wanted): HeldMessage {
    const found = this.#waiting.find((message) => fits(message, wanted));
    if (found !== undefined) return found;
    const waiting = this.#waiting.map(messageText).join('; ');
    return this.#world.fail(`no message as wanted (${wantedText(wanted)}) waits, but: ${waiting || 'none'}`);
  }
}

/** `left CREATE_CHILD_SA request 2 SA Nonce TSi TSr`. */
export function messageText({ from, exchange, kind, messageId, contents }: HeldMessage): string {
  return [from.name, exchange, kind, messageId, ...contents].join(' ');
}

function fits(message: HeldMessage, { says, ...wanted }: Wanted): boolean {
  const header = Object.entries(wanted).every(([key, value]) => message[key as keyof typeof wanted] === value);
  return header && (says === undefined || message.contents.some((content) => content.includes(says)));
}

function wantedText({ from, ...rest }: Wanted): string {
  return [from?.name, ...Object.values(rest)].filter((part) => part !== undefined).join(' ');
}

function sameMessage(a: HeldMessage, b: HeldMessage): boolean {
  const sameHeader = a.from === b.from && a.kind === b.kind && a.messageId === b.messageId;
  return sameHeader && a.initiatorSpi === b.initiatorSpi && a.exchange === b.exchange;
}
