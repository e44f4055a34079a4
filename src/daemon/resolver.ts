import { lookup } from 'node:dns/promises';
import type { AddressFamily, IpAddress } from '../base/net.ts';
import { parseAddress } from '../base/net.ts';
import { SECOND } from '../base/time.ts';

/** All addresses of a name in one family; the operating system's resolver unless a test passes another. */
export type LookUp = (name: string, family: AddressFamily) => Promise<readonly string[]>;

/**
 * Finds the address of a peer that is given by name, the way every other program of the machine does (hosts file
 * included). At most one lookup of a name is under way, however often it is asked for: lookups that hang hold
 * threads.
 */
export class Resolver {
  readonly #lookUp: LookUp;
  readonly #underWay = new Map<string, Promise<IpAddress | undefined>>();

  constructor(lookUp: LookUp = systemLookUp) {
    this.#lookUp = lookUp;
  }

  /** The first address, or undefined where there is none, or none within 5 s. Never rejects. */
  async resolve(name: string, family: AddressFamily): Promise<IpAddress | undefined> {
    const key = `${family} ${name}`;
    const lookup = this.#underWay.get(key) ?? this.#begin(key, name, family);
    const { promise, cancel } = timeout(DEADLINE);
    try {
      return await Promise.race([lookup, promise]);
    } finally {
      cancel();
    }
  }

  #begin(key: string, name: string, family: AddressFamily): Promise<IpAddress | undefined> {
    const lookup = this.#lookUp(name, family)
      .then(firstAddress, () => undefined)
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, lookup);
    return lookup;
  }
}

const DEADLINE = 5 * SECOND;

async function systemLookUp(name: string, family: AddressFamily): Promise<readonly string[]> {
  const found = await lookup(name, { family, all: true });
  return found.map(({ address }) => address);
}

function firstAddress(texts: readonly string[]): IpAddress | undefined {
  return texts.map(parseAddress).find((address) => address !== undefined);
}

function timeout(delay: number): { readonly promise: Promise<undefined>; readonly cancel: () => void } {
  let handle: NodeJS.Timeout | undefined;
  const promise = new Promise<undefined>((resolve) => {
    handle = setTimeout(() => resolve(undefined), delay);
  });
  return { promise, cancel: () => clearTimeout(handle) };
}
