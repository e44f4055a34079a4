/** How a datagram failed to decode; the word is what counters and logs show. */
export type WireFault = 'truncated' | 'length' | 'syntax' | 'limit' | 'value';

/**
 * Bytes from the network that do not parse. Thrown by codecs only, and caught once, at the edge of the core:
 * everything past the codecs handles refusals as values.
 */
export class WireError extends Error {
  readonly fault: WireFault;
  /** The field that failed, such as `KE.data`. */
  readonly field: string;

  constructor(fault: WireFault, field: string, detail = '') {
    super(`${field}: ${fault}${detail === '' ? '' : ` (${detail})`}`);
    this.name = 'WireError';
    this.fault = fault;
    this.field = field;
  }
}

/** A broken invariant: a bug of ours, never something that a peer can cause. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(`bug: ${message}`);
    this.name = 'InvariantError';
  }
}

/** States what the code relies on; `message` says why it holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** The default branch of a switch over a closed union. */
export function assertNever(value: never): never {
  throw new InvariantError(`no case for ${JSON.stringify(value)}`);
}
