import { concatBytes } from '../../base/bytes.ts';
import { type Entropy, randomU32 } from '../../base/entropy.ts';

type Mutation = (bytes: Uint8Array, entropy: Entropy, seeds: readonly Uint8Array[]) => Uint8Array;

const EDGES = [0x00, 0x01, 0x03, 0x04, 0x07, 0x7f, 0x80, 0xff];

const MUTATIONS: readonly Mutation[] = [
  (bytes, entropy) => set(bytes, entropy, (byte) => byte ^ (1 << below(entropy, 8))),
  (bytes, entropy) => set(bytes, entropy, () => EDGES[below(entropy, EDGES.length)] ?? 0),
  (bytes, entropy) => set(bytes, entropy, (byte) => byte + 1),
  (bytes, entropy) => set(bytes, entropy, (byte) => byte - 1),
  (bytes, entropy) => bytes.slice(0, below(entropy, bytes.length + 1)),
  (bytes, entropy) => {
    const at = below(entropy, bytes.length + 1);
    return concatBytes(bytes.subarray(0, at), entropy.bytes(below(entropy, 9)), bytes.subarray(at));
  },
  (bytes, entropy) => {
    const [from, to] = [below(entropy, bytes.length + 1), below(entropy, bytes.length + 1)].sort((a, b) => a - b);
    return concatBytes(bytes.subarray(0, from), bytes.subarray(to));
  },
  (bytes, entropy) => {
    const at = below(entropy, bytes.length + 1);
    return concatBytes(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 4 * below(entropy, 20))));
  },
  (bytes, entropy, seeds) => {
    const other = seeds[below(entropy, seeds.length)] ?? bytes;
    return concatBytes(
      bytes.subarray(0, below(entropy, bytes.length + 1)),
      other.subarray(below(entropy, other.length + 1)),
    );
  },
];

/** One of the seeds, or `seed`, with one to three mutations; a copy, so that its buffer begins with it. */
export function mutate(
  seeds: readonly Uint8Array[],
  entropy: Entropy,
  seed: Uint8Array = seeds[below(entropy, seeds.length)] ?? new Uint8Array(0),
): Uint8Array {
  let bytes: Uint8Array = seed.slice();
  for (let count = 1 + below(entropy, 3); count > 0; count--)
    bytes = MUTATIONS[below(entropy, MUTATIONS.length)]?.(bytes, entropy, seeds) ?? bytes;
  return bytes.slice();
}

function set(bytes: Uint8Array, entropy: Entropy, change: (byte: number) => number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = below(entropy, bytes.length);
  bytes[at] = change(bytes[at] ?? 0);
  return bytes;
}

/** A number from 0 to below `limit`. */
export function below(entropy: Entropy, limit: number): number {
  return randomU32(entropy) % limit;
}
