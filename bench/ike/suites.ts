/** What is negotiated, in strongSwan's notation, which Cygnet's configuration takes too. */
export type Suite = {
  readonly name: string;
  readonly version: 1 | 2;
  readonly ike: string;
  readonly esp: string;
  /** What is measured besides handshakes. */
  readonly rekeys: readonly ('ike' | 'child')[];
};

export const SUITES: readonly Suite[] = [
  { name: 'modp1024', version: 2, ike: 'aes128-sha1-modp1024', esp: 'aes128-sha1', rekeys: ['child', 'ike'] },
  { name: 'modp1024-pfs', version: 2, ike: 'aes128-sha1-modp1024', esp: 'aes128-sha1-modp1024', rekeys: ['child'] },
  { name: 'modp2048', version: 2, ike: 'aes128-sha256-modp2048', esp: 'aes128-sha256', rekeys: [] },
  { name: 'group24', version: 2, ike: 'aes128-sha256-modp2048s256', esp: 'aes128-sha256', rekeys: [] },
  { name: 'ecp256', version: 2, ike: 'aes128gcm16-prfsha256-ecp256', esp: 'aes128gcm16', rekeys: [] },
  { name: 'curve25519', version: 2, ike: 'aes128gcm16-prfsha256-curve25519', esp: 'aes128gcm16', rekeys: [] },
  { name: 'ikev1', version: 1, ike: 'aes128-sha1-modp1024', esp: 'aes128-sha1', rekeys: [] },
];

/** @throws Error where there is none of that name */
export function suiteOf(name: string): Suite {
  const suite = SUITES.find((candidate) => candidate.name === name);
  if (suite !== undefined) return suite;
  throw new Error(`there is no suite ${name}; there are ${SUITES.map((candidate) => candidate.name).join(', ')}`);
}
