import type { IpAddress } from '../base/net.ts';
import type { CoreCommand } from '../ike/common/input.ts';

/** Whatever knows the addresses of this machine. */
export interface AddressSource {
  addresses(): readonly IpAddress[];
  onChange(callback: () => void): void;
  close(): void;
}

type LocalGateway = {
  readonly name: string;
  readonly address: IpAddress;
  readonly alternatives: readonly IpAddress[];
};

export type LocalAddressesOptions = {
  readonly source: AddressSource;
  readonly gateways: () => readonly LocalGateway[];
  readonly onChange: (command: Extract<CoreCommand, { readonly kind: 'local-address' }>) => void;
  /** A gateway none of whose addresses the machine has; it keeps the one that it had. */
  readonly onNone: (gateway: string) => void;
};

/** An address and what belongs to it, such as its routes, come in a burst of events. */
const SETTLING_TIME = 250;

/** Chooses among the addresses of each gateway that has several: the first one that the machine has. */
export class LocalAddresses {
  readonly #options: LocalAddressesOptions;
  /** What was last said of each gateway. */
  readonly #told = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LocalAddressesOptions) {
    this.#options = options;
    options.source.onChange(() => this.#later());
  }

  /** Looks now, and says what is different. */
  look(): void {
    const mobile = this.#options.gateways().filter(({ alternatives }) => alternatives.length > 0);
    const present = new Set(mobile.length === 0 ? [] : this.#options.source.addresses());
    for (const gateway of mobile) this.#tell(gateway, present);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#options.source.close();
  }

  #tell({ name, address: first, alternatives }: LocalGateway, present: ReadonlySet<IpAddress>): void {
    const found = [first, ...alternatives].filter((address) => present.has(address));
    const text = found.join();
    if (this.#told.get(name) === text) return;
    this.#told.set(name, text);
    const [address, ...others] = found;
    if (address === undefined) this.#options.onNone(name);
    else this.#options.onChange({ kind: 'local-address', gateway: name, address, others });
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.look();
    }, SETTLING_TIME).unref();
  }
}
