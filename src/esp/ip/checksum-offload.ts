import { checksumOf, sumOf } from './checksum.ts';
import type { PacketMemory } from './packet-memory.ts';
import type { VirtioHeader } from './virtio-header.ts';

/**
 * Sets the checksum that the kernel has left to us: its field holds the sum of the pseudo-header, so that it takes part
 * in the sum over the rest of the packet. False where the field lies outside the `length` bytes from `at`.
 */
export function completeChecksum(
  { view }: PacketMemory,
  at: number,
  length: number,
  { checksumStart, checksumOffset }: VirtioHeader,
): boolean {
  const field = checksumStart + checksumOffset;
  if (field + 2 > length) return false;
  const checksum = checksumOf(sumOf(view, at + checksumStart, length - checksumStart));
  // To UDP 0 means that there is none (RFC 768); to all others both are the same.
  view.setUint16(at + field, checksum === 0 ? 0xffff : checksum);
  return true;
}
