import type { Entropy } from '../base/entropy.ts';
import type { Input } from '../ike/common/input.ts';
import { FLAG_RESPONSE } from '../ike/wire/header.ts';

/** The first octets of the nonces that one end draws, by what it draws them for. */
export type NonceLeads = { readonly initiating: number; readonly responding: number };

/** What IKEv2 draws as a nonce here. */
const NONCE_BYTES = 32;
const NON_ESP_MARKER_BYTES = 4;
const NAT_TRAVERSAL_PORT = 4500;
const FLAGS_AT = 19;

/**
 * Another entropy with a hand on the first octet of nonces: of two that cross, the exchange with the lowest nonce is
 * the one that is given up (RFC 7296 §2.8.1), so that each order can be had on purpose. Steers only while one thing
 * is done at a time; without `leads` it changes nothing.
 */
export class SteeredEntropy implements Entropy {
  leads: NonceLeads | undefined;
  readonly #source: Entropy;
  #role: keyof NonceLeads = 'initiating';

  constructor(source: Entropy, leads?: NonceLeads) {
    this.#source = source;
    this.leads = leads;
  }

  /** What is drawn from now on is drawn because of `input`; answers of the kernel and of jobs only go on with it. */
  heed(input: Input | undefined): void {
    if (input === undefined || input.kind === 'timer' || input.kind === 'command') this.#role = 'initiating';
    if (input?.kind === 'dataplane.event') this.#role = 'initiating';
    if (input?.kind !== 'datagram') return;
    const { local, bytes } = input;
    const flags = bytes[FLAGS_AT + (local.port === NAT_TRAVERSAL_PORT ? NON_ESP_MARKER_BYTES : 0)] ?? 0;
    this.#role = (flags & FLAG_RESPONSE) === 0 ? 'responding' : 'initiating';
  }

  bytes(length: number): Uint8Array {
    const drawn = this.#source.bytes(length);
    if (this.leads !== undefined && length === NONCE_BYTES) drawn[0] = this.leads[this.#role];
    return drawn;
  }
}
