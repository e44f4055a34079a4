import { DUMMY, NOT_TUNNEL } from './fault.ts';

/** What is wrong with the next header of an authentic packet in tunnel mode; undefined where it is an IP packet. */
export function payloadFault(nextHeader: number): number | undefined {
  if (nextHeader === IPV4 || nextHeader === IPV6) return undefined;
  return nextHeader === NO_NEXT_HEADER ? DUMMY : NOT_TUNNEL;
}

// IANA protocol numbers.
const IPV4 = 4;
const IPV6 = 41;
const NO_NEXT_HEADER = 59;
