import type { Arena } from '../../../native/arena.ts';

/**
 * What encrypts and authenticates the packets of one SA in one direction, in place. A packet lies at `at` in the arena:
 * ESP header (8 bytes, already there), IV, text of `textLength` bytes with its padding and trailer, ICV.
 * `high` is the upper half of the sequence number, which is authenticated though not sent where the SA has ESN.
 */
export type EspProtection = {
  readonly ivBytes: number;
  /** The text is a multiple of this. */
  readonly alignment: number;
  readonly icvBytes: number;
};

export type Sealer = EspProtection & {
  /** Writes IV, ciphertext and ICV. False where the library failed: then nothing of it may leave. */
  seal(arena: Arena, at: number, textLength: number, high: number): boolean;
  /** Wipes the keys as far as this process can. */
  close(): void;
};

export type Opener = EspProtection & {
  /** The text is decrypted only where this is true; else it is to be dropped as it is. */
  open(arena: Arena, at: number, textLength: number, high: number): boolean;
  close(): void;
};

/** A keyed integrity algorithm of one SA. */
export type Mac = {
  readonly icvBytes: number;
  /**
   * Computes the ICV of `length` bytes at `from`, and of `high` behind them where the SA has ESN, and keeps it until the
   * next call. All memory is on return as it was. False where the library failed.
   */
  compute(arena: Arena, from: number, length: number, high: number): boolean;
  /** Writes what was computed. */
  write(arena: Arena, at: number): void;
  /** Whether what was computed stands there; it takes the same time either way. */
  matches(arena: Arena, at: number): boolean;
  close(): void;
};

/** A block cipher in CBC mode. */
export type CbcCipher = {
  readonly blockBytes: number;
  /**
   * At `at` one block, and `length` bytes behind it, a multiple of the block. Encrypting, the block is a random one, and
   * the IV on return; decrypting, it is the IV and undefined on return.
   */
  run(arena: Arena, at: number, length: number): boolean;
  close(): void;
};

export const ESP_HEADER_BYTES = 8;
/** RFC 4303 §2.4: padding and trailer end on a 4-byte boundary, whatever the cipher. */
export const MINIMUM_ALIGNMENT = 4;
/** So much behind the covered bytes is written and put back while an ICV is computed: the digest's own padding. */
export const SLACK_BYTES = 160;
