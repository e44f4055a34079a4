import { concatBytes } from '../base/bytes.ts';
import type { Endpoint } from '../base/net.ts';
import type { Dice } from './dice.ts';
import type { Datagram } from './network.ts';
import type { SimWorld } from './world.ts';

/** Who listens need not remember everything. */
const KEPT_DATAGRAMS = 400;

/**
 * Somebody on the path: hears every datagram and can put any bytes before any gateway under any source address. What
 * it lacks is the keys.
 */
export class Attacker {
  readonly captured: Datagram[] = [];
  readonly #world: SimWorld;
  readonly #dice: Dice;

  constructor(world: SimWorld) {
    this.#world = world;
    this.#dice = world.dice.fork();
    world.network.tap((datagram) => {
      if (this.captured.length < KEPT_DATAGRAMS) this.captured.push(copy(datagram));
    });
  }

  /** The captured datagram again, from where it came. */
  replay(datagram: Datagram): void {
    this.#inject(datagram);
  }

  /** The same bytes from somewhere else. */
  replayFrom(datagram: Datagram, from: Endpoint): void {
    this.#inject({ ...datagram, from });
  }

  /** Back to its sender, as if the receiver had sent it. */
  reflect(datagram: Datagram): void {
    this.#inject({ from: datagram.to, to: datagram.from, bytes: datagram.bytes });
  }

  /** One bit flipped; `bit` counts from the first byte's highest. */
  flip(datagram: Datagram, bit: number): void {
    const bytes = datagram.bytes.slice();
    const index = bit >> 3;
    bytes[index] = (bytes[index] ?? 0) ^ (0x80 >> (bit & 7));
    this.#inject({ ...datagram, bytes });
  }

  /** One of many ways to spoil a datagram. */
  mutate(datagram: Datagram): void {
    this.#inject({ ...datagram, bytes: mutateBytes(datagram.bytes, this.#dice) });
  }

  garbage(from: Endpoint, to: Endpoint): void {
    this.#inject({ from, to, bytes: randomBytes(this.#dice.below(1_400), this.#dice) });
  }

  /** An IKE_SA_INIT request of somebody's with another initiator SPI, so that it is new to the gateway. */
  spoofInit(init: Datagram, from: Endpoint): void {
    const bytes = init.bytes.slice();
    bytes.set(randomBytes(8, this.#dice), 0);
    this.#inject({ from, to: init.to, bytes });
  }

  /** Takes `from` for its own address and repeats whatever IKE_SA_INIT is answered with a cookie there, with the cookie. */
  answerCookies(init: Datagram, from: Endpoint): void {
    this.#world.network.attach(from.address, ({ from: gateway, bytes }) => {
      if (bytes[NEXT_PAYLOAD] === NOTIFY) this.#inject({ from, to: gateway, bytes: withCookie(init.bytes, bytes) });
    });
  }

  #inject(datagram: Datagram): void {
    this.#world.note(() => `attacker: ${datagram.bytes.length} bytes to ${datagram.to.address}:${datagram.to.port}`);
    this.#world.network.inject(copy(datagram));
  }
}

/** Where the header of RFC 7296 §3.1 has these, and the number of the Notify payload. */
const NEXT_PAYLOAD = 16;
const LENGTH = 24;
const HEADER_BYTES = 28;
const NOTIFY = 41;

/** The request under the initiator SPI of the answer, with the answer's cookie before the other payloads (§2.6). */
function withCookie(request: Uint8Array, answer: Uint8Array): Uint8Array {
  const header = request.slice(0, HEADER_BYTES);
  const cookie = answer.slice(HEADER_BYTES);
  cookie[0] = header[NEXT_PAYLOAD] ?? 0;
  header[NEXT_PAYLOAD] = NOTIFY;
  header.set(answer.subarray(0, 8), 0);
  new DataView(header.buffer).setUint32(LENGTH, request.length + cookie.length);
  return concatBytes(header, cookie, request.subarray(HEADER_BYTES));
}

/** Flips bits, overwrites, cuts, lengthens, or puts a hostile length somewhere. */
export function mutateBytes(bytes: Uint8Array, dice: Dice): Uint8Array {
  const out = bytes.slice();
  const position = dice.below(Math.max(1, out.length));
  switch (dice.below(6)) {
    case 0:
      out[position] = (out[position] ?? 0) ^ (1 << dice.below(8));
      return out;
    case 1:
      out[position] = dice.below(256);
      return out;
    case 2:
      return out.subarray(0, position);
    case 3: {
      const longer = new Uint8Array(out.length + 1 + dice.below(64));
      longer.set(out);
      return longer;
    }
    case 4:
      out.set([dice.pick([0x00, 0xff]), dice.pick([0x00, 0x01, 0x03, 0xff])].slice(0, out.length - position), position);
      return out;
    default:
      out.set(randomBytes(Math.min(8, out.length - position), dice), position);
      return out;
  }
}

function randomBytes(length: number, dice: Dice): Uint8Array {
  return Uint8Array.from({ length }, () => dice.below(256));
}

function copy({ from, to, bytes }: Datagram): Datagram {
  return { from, to, bytes: bytes.slice() };
}
