import { addressOf } from './libc.ts';

/**
 * Memory whose machine address is known, for calls that take addresses as numbers. `address` is that of the first byte;
 * the memory never moves, and lives as long as `bytes` is referenced.
 */
export type Arena = { readonly bytes: Uint8Array; readonly view: DataView; readonly address: number };

/** `length` zeroed bytes. */
export function createArena(length: number): Arena {
  const bytes = new Uint8Array(new ArrayBuffer(length));
  return { bytes, view: new DataView(bytes.buffer), address: Number(addressOf(bytes)) };
}
