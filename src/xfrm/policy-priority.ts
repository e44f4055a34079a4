import type { PolicySpec } from '../sa/data-plane.ts';
import { policyPrecedence } from '../sa/policy-precedence.ts';
import type { KernelSelector } from './structs.ts';

/**
 * The kernel takes the matching policy with the lowest number. The result lies in 100000..167847, which is before the
 * numbers that other daemons use for their traps and blocks; for what is first or last in 32152..235695. A trap is a protecting policy to the kernel, which never
 * has both for one selector.
 */
export function policyPriority(selector: KernelSelector, policy: Pick<PolicySpec, 'action' | 'precedence'>): number {
  const specificity = {
    portBits: bitCount(selector.sourcePort.mask) + bitCount(selector.destinationPort.mask),
    hasProtocol: selector.protocol !== 0,
    prefixBits: selector.source.length + selector.destination.length,
  };
  return PRIORITY_BASE + policyPrecedence(specificity, policy);
}

const PRIORITY_BASE = 100_000;

function bitCount(value: number): number {
  let bits = 0;
  for (let rest = value; rest !== 0; rest >>>= 1) bits += rest & 1;
  return bits;
}
