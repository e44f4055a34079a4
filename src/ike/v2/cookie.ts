import { ByteWriter, concatBytes, fromHex } from '../../base/bytes.ts';
import { addressBytes, type IpAddress } from '../../base/net.ts';
import { constantTimeEqual } from '../../crypto/constant-time.ts';
import { prf } from '../../crypto/prf.ts';

/** One secret, with the version that its cookies carry (RFC 7296 §2.6, VersionIDofSecret). */
export type CookieSecret = { readonly version: number; readonly key: Uint8Array };

/** The secrets of a responder. The previous one keeps the cookies good that are under way at a change. */
export type CookieSecrets = { readonly current: CookieSecret; readonly previous?: CookieSecret };

/** What a cookie is bound to: it proves the return path of this one request and is worth nothing elsewhere. */
export type CookieClaim = {
  readonly nonceI: Uint8Array;
  readonly address: IpAddress;
  /** Hex, as in the header. */
  readonly initiatorSpi: string;
};

/** Bytes of entropy to make a secret of. */
export const COOKIE_KEY_BYTES = 32;

/** Specification constant, RFC 7296 §2.6: a cookie has 1 to 64 octets. What is longer is no cookie. */
export const MAX_COOKIE_BYTES = 64;

const MAC_BYTES = 16;

/** The first secret. `key` are `COOKIE_KEY_BYTES` fresh bytes. */
export function newCookieSecrets(key: Uint8Array): CookieSecrets {
  return { current: { version: 0, key } };
}

/** Changes the secret; cookies of the one before the last are worth nothing from now on. */
export function rotateCookieSecrets(secrets: CookieSecrets, key: Uint8Array): CookieSecrets {
  return { current: { version: (secrets.current.version + 1) & 0xff, key }, previous: secrets.current };
}

export function makeCookie(secrets: CookieSecrets, claim: CookieClaim): Uint8Array {
  return cookieOf(secrets.current, claim);
}

/** Whether one of the two secrets made this cookie for this request. Any other cookie counts as none. */
export function verifyCookie(secrets: CookieSecrets, cookie: Uint8Array, claim: CookieClaim): boolean {
  const candidates = [secrets.current, secrets.previous];
  const secret = candidates.find((candidate) => candidate !== undefined && candidate.version === cookie[0]);
  return secret !== undefined && constantTimeEqual(cookieOf(secret, claim), cookie);
}

function cookieOf(secret: CookieSecret, claim: CookieClaim): Uint8Array {
  const address = addressBytes(claim.address);
  // The variable parts carry their lengths, so that no two claims run together into the same input.
  const input = new ByteWriter()
    .bytes(fromHex(claim.initiatorSpi))
    .u8(address.length)
    .bytes(address)
    .bytes(claim.nonceI)
    .finish();
  return concatBytes(Uint8Array.of(secret.version), prf('prfsha256', secret.key, input).subarray(0, MAC_BYTES));
}
