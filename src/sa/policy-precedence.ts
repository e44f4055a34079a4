import type { PolicySpec } from './data-plane.ts';

/** How little a policy's selector takes in. */
export type Specificity = {
  /** Bits that both ports together are held to, 0..32. */
  readonly portBits: number;
  /** Whether it is for one protocol. */
  readonly hasProtocol: boolean;
  /** Bits that both addresses together are held to, 0..256. */
  readonly prefixBits: number;
};

/**
 * Which of several policies that match a packet decides, in every data plane: the one with the lowest number. From the
 * highest weight down: more port bits, then a protocol, then longer prefixes, so that an exception for a service holds
 * within any segment; at last protect before bypass before block. The result lies in 0..67847, and for what is first or
 * last before or behind all of these: in -67848..135695.
 */
export function policyPrecedence(specificity: Specificity, { action, precedence: place }: Ranked): number {
  let precedence = 32 - specificity.portBits;
  precedence = precedence * 2 + (specificity.hasProtocol ? 0 : 1);
  precedence = precedence * 257 + (256 - specificity.prefixBits);
  return precedence * 4 + ACTION_RANK[action] + (place === undefined ? 0 : PLACES[place]);
}

type Ranked = Pick<PolicySpec, 'action' | 'precedence'>;

const PLACES: Readonly<Record<NonNullable<PolicySpec['precedence']>, number>> = { first: -67_848, last: 67_848 };

/** A trap stands for the protecting policy that is to come. */
const ACTION_RANK: Readonly<Record<PolicySpec['action'], number>> = { protect: 0, trap: 0, bypass: 1, block: 2 };
