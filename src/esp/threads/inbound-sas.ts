import type { SaAddresses, SaSpec } from '../../sa/data-plane.ts';
import type { ChildProtocol } from '../../sa/proposal.ts';
import { addressWords } from '../ip/address-words.ts';
import type { InboundTransform } from '../transform/transform.ts';
import { type UsageBounds, usageBounds } from '../usage-bounds.ts';

/** An SA that packets come by. */
export type InboundSa = {
  readonly slot: number;
  readonly spi: number;
  readonly reqid: number;
  readonly protocol: ChildProtocol;
  readonly limits: UsageBounds | undefined;
  readonly transform: InboundTransform;
  /** Where its packets come from, as long as the peer stays where it is; of what comes without UDP, port 0. */
  peer: Uint32Array;
  peerPort: number;
  /** Whether the soft limit has been told. */
  told: boolean;
};

/** The SAs by SPI: it is ours to choose, and one for all protocols and addresses (RFC 4301 §4.1). */
export class InboundSas {
  readonly #bySlot = new Map<number, InboundSa>();
  readonly #bySpi = new Map<number, InboundSa>();

  find(protocol: ChildProtocol, spi: number): InboundSa | undefined {
    const sa = this.#bySpi.get(spi);
    return sa?.protocol === protocol ? sa : undefined;
  }

  add(slot: number, spec: SaSpec, transform: InboundTransform): void {
    const { spi, reqid, protocol } = spec;
    const limits = usageBounds(spec);
    const sa: InboundSa = { slot, spi, reqid, protocol, limits, transform, ...peerOf(spec), told: false };
    this.#bySlot.set(slot, sa);
    this.#bySpi.set(spi, sa);
  }

  move(slot: number, to: SaAddresses): void {
    const sa = this.#bySlot.get(slot);
    if (sa !== undefined) Object.assign(sa, peerOf(to));
  }

  remove(slot: number): void {
    const sa = this.#bySlot.get(slot);
    if (sa === undefined) return;
    this.#bySlot.delete(slot);
    if (this.#bySpi.get(sa.spi) === sa) this.#bySpi.delete(sa.spi);
    sa.transform.close();
  }

  clear(): void {
    for (const slot of [...this.#bySlot.keys()]) this.remove(slot);
  }
}

function peerOf({ source, encap }: SaAddresses): Pick<InboundSa, 'peer' | 'peerPort'> {
  return { peer: addressWords(source), peerPort: encap?.sourcePort ?? 0 };
}
