import { appendAt } from '../base/append-at.ts';
import { type ChildSa, inboundSa, outboundSa } from '../sa/child-sa.ts';
import type { SaKey } from '../sa/data-plane.ts';
import { saKey } from '../sa/ledger.ts';
import type { CoreState } from './core-state.ts';

/**
 * What the data plane calls Child SAs and traps by when it tells of them. It follows from the state, and is made of it
 * again where another core goes on; there may be thousands of either, and as many events at once.
 */
export class DataPlaneIndex {
  /** By either SPI. The peer chooses that of our outbound SA, which may be one of somebody else's as well. */
  readonly #children = new Map<number, ChildSa[]>();
  /** Tunnels by the reqid of their traps, which several may be configured with. */
  readonly #traps = new Map<number, Set<string>>();

  constructor(state: Pick<CoreState, 'children' | 'traps'>) {
    for (const children of state.children.values()) for (const child of children) this.addChild(child);
    for (const [tunnel, { reqid }] of state.traps) this.addTrap(tunnel, reqid);
  }

  addChild(child: ChildSa): void {
    for (const spi of spisOf(child)) appendAt(this.#children, spi, child);
  }

  dropChild(child: ChildSa): void {
    for (const spi of spisOf(child)) {
      const left = this.#children.get(spi)?.filter((other) => other !== child) ?? [];
      if (left.length > 0) this.#children.set(spi, left);
      else this.#children.delete(spi);
    }
  }

  /** Whose SA it is, by where it leads now. */
  childOf(sa: SaKey): ChildSa | undefined {
    const key = saKey(sa);
    return this.#children
      .get(sa.spi)
      ?.find((child) => saKey(inboundSa(child)) === key || saKey(outboundSa(child)) === key);
  }

  addTrap(tunnel: string, reqid: number): void {
    const others = this.#traps.get(reqid);
    if (others === undefined) this.#traps.set(reqid, new Set([tunnel]));
    else others.add(tunnel);
  }

  dropTrap(tunnel: string, reqid: number): void {
    const others = this.#traps.get(reqid);
    if (others?.delete(tunnel) === true && others.size === 0) this.#traps.delete(reqid);
  }

  /** Whose trap a packet has run into: of several the first. */
  trappedTunnel(reqid: number): string | undefined {
    return this.#traps.get(reqid)?.values().next().value;
  }
}

function spisOf({ inboundSpi, outboundSpi }: ChildSa): ReadonlySet<number> {
  return new Set([inboundSpi, outboundSpi]);
}
