import type { Endpoint, IpAddress } from '../base/net.ts';
import { formatEndpoint } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { NatConditions } from './conditions.ts';

type Mapping = {
  readonly inside: Endpoint;
  readonly outsidePort: number;
  readonly contacted: Set<string>;
  usedAt: Instant;
};

export type PortForward = { readonly outsidePort: number; readonly inside: Endpoint };

export type NatOptions = NatConditions & {
  /** The address that the world sees. */
  readonly address: IpAddress;
  /** The nodes behind it. */
  readonly inside: readonly IpAddress[];
  /** Ports that always lead inside: what makes a gateway behind NAT reachable. */
  readonly forwards?: readonly PortForward[];
};

/**
 * A NAT device that maps ports (NAPT) with endpoint-independent mapping. Time is an argument: a mapping expires when
 * it is looked at too late.
 */
export class NatDevice {
  address: IpAddress;
  readonly #options: NatOptions;
  readonly #mappings = new Map<string, Mapping>();
  #nextPort = 40_000;

  constructor(options: NatOptions) {
    this.address = options.address;
    this.#options = options;
  }

  isInside(address: IpAddress): boolean {
    return this.#options.inside.includes(address);
  }

  /** What a datagram from `inside` looks like to `to`; opens or refreshes the mapping. */
  outward(inside: Endpoint, to: Endpoint, now: Instant): Endpoint {
    const forward = this.#options.forwards?.find((entry) => sameText(entry.inside, inside));
    if (forward !== undefined) return { address: this.address, port: forward.outsidePort };
    const key = formatEndpoint(inside);
    const known = this.#mappings.get(key);
    const mapping = known !== undefined && this.#alive(known, now) ? known : this.#open(inside, now);
    mapping.usedAt = now;
    mapping.contacted.add(formatEndpoint(to));
    this.#mappings.set(key, mapping);
    return { address: this.address, port: mapping.outsidePort };
  }

  /** Where a datagram from `from` to `port` of the device goes; undefined where it is discarded. */
  inward(from: Endpoint, port: number, now: Instant): Endpoint | undefined {
    const forward = this.#options.forwards?.find((entry) => entry.outsidePort === port);
    if (forward !== undefined) return forward.inside;
    for (const mapping of this.#mappings.values())
      if (mapping.outsidePort === port && this.#alive(mapping, now) && this.#admits(mapping, from))
        return mapping.inside;
    return undefined;
  }

  /**
   * Forgets every mapping, as a device does that restarts: the next datagram from inside gets another port. With
   * `address` its provider has given it another one.
   */
  rebind(address = this.address): void {
    this.address = address;
    this.#mappings.clear();
  }

  #open(inside: Endpoint, now: Instant): Mapping {
    this.#nextPort++;
    return { inside, outsidePort: this.#nextPort, contacted: new Set(), usedAt: now };
  }

  #alive(mapping: Mapping, now: Instant): boolean {
    return now - mapping.usedAt < this.#options.mappingLifetime;
  }

  #admits(mapping: Mapping, from: Endpoint): boolean {
    return this.#options.filtering === 'endpoint-independent' || mapping.contacted.has(formatEndpoint(from));
  }
}

function sameText(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}
