import { direct, FROM_A, type Link, mirrored } from './presets.ts';
import type { Expectation, Topology } from './scenario.ts';

/** The platform's guide to a gateway behind NAT: b's address is private, and its identity the NAT's public address. */
export const PRIVATE_B = '10.23.228.173';
export const NAT_OF_B: Topology = {
  a: direct.a,
  b: { ...direct.b, address: PRIVATE_B },
  natOfB: direct.b.address,
};
/** That link as b, which has only its private address, sees it. To a, it is `FROM_A`. */
export const BEHIND_NAT_B: Link = { ...mirrored(), local: PRIVATE_B };

/** The other way round: what stands for a is the public address, whose NAT passes the ports of IKE on to a. */
export const BEHIND_NAT_A: Link = { ...FROM_A, local: '192.168.93.46' };
export const NAT_OF_A: Topology = {
  a: { ...direct.a, address: BEHIND_NAT_A.local },
  b: direct.b,
  natOfA: FROM_A.local,
};

/** ESP travels in UDP on port 4500, where RFC 3948 §2.2 has no zero marker. */
export const IN_UDP: Expectation = { expect: 'captured', filter: 'udp port 4500 and udp[8:4] != 0', atLeast: 12 };

/** Cygnet knows which of the ends is behind NAT, and has ESP go in UDP for that. */
export function knowsNat(on: 'a' | 'b', behind: 'local' | 'remote'): Expectation {
  const nat = { local: behind === 'local', remote: behind === 'remote' };
  return { expect: 'status', on, contains: { ike: { nat }, children: [{ encap: true }] } };
}

/** Nothing of IP protocol 50 went between the gateways. */
export const NO_BARE_ESP: Expectation = { expect: 'never-captured', filter: 'ip proto 50' };
