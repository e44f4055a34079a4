import type { PolicySpec } from '../sa/data-plane.ts';
import type { KernelSelector } from './structs.ts';

/**
 * The kernel takes the matching policy with the lowest number. From the highest weight down: more port bits, then a
 * protocol, then longer prefixes, so that an exception for a service holds within any segment; at last protect before
 * bypass before block. The result lies in 100000..167847, which is before the numbers
 * that other daemons use for their traps and blocks.
 */
export function policyPriority(selector: KernelSelector, action: PolicySpec['action']): number {
  const portBits = bitCount(selector.sourcePort.mask) + bitCount(selector.destinationPort.mask);
  const prefixBits = selector.source.length + selector.destination.length;
  let priority = 32 - portBits;
  priority = priority * 2 + (selector.protocol === 0 ? 1 : 0);
  priority = priority * 257 + (256 - prefixBits);
  priority = priority * 4 + ACTION_RANK[action];
  return PRIORITY_BASE + priority;
}

/** A trap is a protecting policy to the kernel, which never has both for one selector. */
const ACTION_RANK: Readonly<Record<PolicySpec['action'], number>> = { protect: 0, trap: 0, bypass: 1, block: 2 };

const PRIORITY_BASE = 100_000;

function bitCount(value: number): number {
  let bits = 0;
  for (let rest = value; rest !== 0; rest >>>= 1) bits += rest & 1;
  return bits;
}
