import type { IpAddress } from '../base/net.ts';
import type { CoreCommand } from '../ike/common/input.ts';

/** Whatever knows the addresses of this machine. */
export interface AddressSource {
  addresses(): readonly IpAddress[];
  /** The one that the routes choose for packets to `remote`. */
  towards?(remote: IpAddress): IpAddress | undefined;
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
  /** The addresses of the machine may be other ones, whether or not a gateway has a choice. */
  readonly onAddresses: () => void;
};

/** An address and what belongs to it, such as its routes, come in a burst of events. */
const SETTLING_TIME = 250;

/** Chooses among the addresses of each gateway that has several: the first one that the machine has. */
export class LocalAddresses {
  readonly #options: LocalAddressesOptions;
  /** What was last said of each gateway: what it has, and what it uses. */
  readonly #told = new Map<string, { readonly found: string; readonly uses: IpAddress }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LocalAddressesOptions) {
    this.#options = options;
    options.source.onChange(() => this.#later());
  }

  /** Looks now, at all gateways or at these, and says what is different. A gateway that had a choice and has it no longer is told so as well. */
  look(gateways = this.#options.gateways()): void {
    const chosen = gateways.filter(({ name, alternatives }) => alternatives.length > 0 || this.#told.has(name));
    const present = new Set(chosen.length === 0 ? [] : this.#options.source.addresses());
    for (const gateway of chosen) this.#tell(gateway, present);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#options.source.close();
  }

  #tell({ name, address: first, alternatives }: LocalGateway, present: ReadonlySet<IpAddress>): void {
    const named = [first, ...alternatives];
    const found = alternatives.length === 0 ? named : named.filter((address) => present.has(address));
    const told = this.#told.get(name);
    // Where there is none, the one that it had will do, unless the configuration does not know that any more.
    const uses = found[0] ?? (told !== undefined && named.includes(told.uses) ? told.uses : first);
    if (told?.found === found.join() && told.uses === uses) return;
    this.#told.set(name, { found: found.join(), uses });
    if (found.length === 0) this.#options.onNone(name);
    if (found.length === 0 && (told === undefined || told.uses === uses)) return;
    this.#options.onChange({ kind: 'local-address', gateway: name, address: uses, others: found.slice(1) });
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#options.onAddresses();
      this.look();
    }, SETTLING_TIME).unref();
  }
}
