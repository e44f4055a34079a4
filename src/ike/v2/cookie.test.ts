import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressFromInteger } from '../../base/net.ts';
import {
  COOKIE_KEY_BYTES,
  type CookieClaim,
  MAX_COOKIE_BYTES,
  makeCookie,
  newCookieSecrets,
  rotateCookieSecrets,
  verifyCookie,
} from './cookie.ts';

const key = (value: number) => new Uint8Array(COOKIE_KEY_BYTES).fill(value);

const CLAIM: CookieClaim = {
  nonceI: new Uint8Array(32).fill(7),
  address: '192.0.2.1',
  initiatorSpi: 'c0c1c2c3c4c5c6c7',
};

const claim: fc.Arbitrary<CookieClaim> = fc.record({
  nonceI: fc.uint8Array({ minLength: 16, maxLength: 256 }),
  address: fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value) => addressFromInteger(value, 4)),
  initiatorSpi: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((spi) => Buffer.from(spi).toString('hex')),
});

describe('cookies (RFC 7296 §2.6)', () => {
  const secrets = newCookieSecrets(key(1));

  it('a cookie is good for the request it was made for', () => {
    fc.assert(fc.property(claim, (request) => verifyCookie(secrets, makeCookie(secrets, request), request)));
    expect(makeCookie(secrets, CLAIM).length).toBeLessThanOrEqual(MAX_COOKIE_BYTES);
  });

  it('Z2: it is worth nothing for another nonce, address or SPI', () => {
    const cookie = makeCookie(secrets, CLAIM);
    const others: CookieClaim[] = [
      { ...CLAIM, nonceI: new Uint8Array(32).fill(8) },
      { ...CLAIM, nonceI: new Uint8Array(33).fill(7) },
      { ...CLAIM, address: '192.0.2.2' },
      { ...CLAIM, address: '2001:db8::1' },
      { ...CLAIM, initiatorSpi: 'c0c1c2c3c4c5c6c8' },
    ];
    for (const other of others) expect(verifyCookie(secrets, cookie, other)).toBe(false);
  });

  it('Z2: any other bytes are no cookie, of whatever length', () => {
    const cookie = makeCookie(secrets, CLAIM);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => !verifyCookie(secrets, bytes, CLAIM)));
    expect(verifyCookie(secrets, cookie.subarray(0, -1), CLAIM)).toBe(false);
    expect(verifyCookie(secrets, Uint8Array.of(...cookie, 0), CLAIM)).toBe(false);
    for (let index = 0; index < cookie.length; index++)
      expect(verifyCookie(secrets, cookie.with(index, (cookie[index] ?? 0) ^ 1), CLAIM)).toBe(false);
  });

  it('it survives one change of the secret and not two', () => {
    const cookie = makeCookie(secrets, CLAIM);
    const once = rotateCookieSecrets(secrets, key(2));
    expect(verifyCookie(once, cookie, CLAIM)).toBe(true);
    expect(verifyCookie(once, makeCookie(once, CLAIM), CLAIM)).toBe(true);
    expect(makeCookie(once, CLAIM)).not.toEqual(cookie);
    expect(verifyCookie(rotateCookieSecrets(once, key(3)), cookie, CLAIM)).toBe(false);
  });

  it('the secrets of two responders have nothing in common', () => {
    expect(verifyCookie(newCookieSecrets(key(9)), makeCookie(secrets, CLAIM), CLAIM)).toBe(false);
  });

  it('the version wraps after 256 changes', () => {
    let many = secrets;
    for (let index = 0; index < 256; index++) many = rotateCookieSecrets(many, key(index));
    expect(many.current.version).toBe(0);
    expect(verifyCookie(many, makeCookie(many, CLAIM), CLAIM)).toBe(true);
  });
});
