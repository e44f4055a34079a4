import type { DataPlaneReply, DataPlaneRequest, SaKey } from '../sa/data-plane.ts';
import type { DataPlane } from './data-plane.ts';

/** A data plane that takes everything and carries nothing: for a rehearsal of IKE alone. */
export class NoDataPlane implements DataPlane {
  readonly #sas = new Set<string>();
  #spi = FIRST_SPI;

  perform(request: DataPlaneRequest): DataPlaneReply {
    switch (request.kind) {
      case 'allocate-spi':
        this.#spi += 1;
        return { kind: 'spi', spi: this.#spi };
      case 'query': {
        const present = request.sas.filter((sa) => this.#sas.has(nameOf(sa)));
        return { kind: 'counters', counters: present.map((sa) => ({ sa, bytes: 0, packets: 0 })) };
      }
      case 'apply':
        for (const step of request.steps) {
          if (step.kind === 'add-sa') this.#sas.add(nameOf(step.sa));
          if (step.kind === 'remove-sa') this.#sas.delete(nameOf(step.sa));
        }
        return { kind: 'done' };
    }
  }

  audit(): { readonly lostSas: []; readonly repairedPolicies: 0 } {
    return { lostSas: [], repairedPolicies: 0 };
  }

  errors(): ReadonlyMap<string, number> {
    return new Map();
  }

  /** Nothing ever happens in it. */
  onEvent(): void {}

  close(): void {
    this.#sas.clear();
  }
}

/** The values up to 255 are reserved (RFC 4303 §2.1). */
const FIRST_SPI = 0x1000;

function nameOf({ protocol, destination, spi }: SaKey): string {
  return `${protocol} ${destination} ${spi}`;
}
