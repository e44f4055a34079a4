/** An ESP suite as both daemons are told of it. */
export type Suite = {
  /** strongSwan's notation. */
  readonly name: string;
  readonly ipsec: object;
  /** strongSwan's plugins that come before the others: whichever of its implementations is the quickest. */
  readonly plugins: readonly string[];
};

export const SUITES: readonly Suite[] = [
  { name: 'aes128gcm16', ipsec: { proposals: ['aes128gcm16'] }, plugins: ['aesni'] },
  { name: 'aes128-sha1', ipsec: { encryption: 'aes128', authentication: 'sha1', pfs: 'none' }, plugins: [] },
  { name: 'aes256gcm16', ipsec: { proposals: ['aes256gcm16'] }, plugins: ['aesni'] },
  { name: 'aes256-sha256', ipsec: { encryption: 'aes256', authentication: 'sha256', pfs: 'none' }, plugins: [] },
  { name: 'chacha20poly1305', ipsec: { proposals: ['chacha20poly1305'] }, plugins: [] },
];

/** @throws Error where there is none of that name */
export function suiteOf(name: string): Suite {
  const suite = SUITES.find((candidate) => candidate.name === name);
  if (suite !== undefined) return suite;
  throw new Error(`there is no suite ${name}; there are ${SUITES.map((candidate) => candidate.name).join(', ')}`);
}
