import type { DiffieHellman, KeyObject } from 'node:crypto';
import { constants, createDiffieHellman, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { versions } from 'node:process';
import { ByteReader, fromHex } from '../base/bytes.ts';
import type { KeyExchangeKeyword } from './algorithms.ts';
import { DER_OCTET_STRING, DER_SEQUENCE, derElement, derInteger, readDerElement, subjectPublicKey } from './der.ts';
import type { ModpGroup } from './modp-groups.ts';
import { modpGroup } from './modp-groups.ts';
import type { Provider } from './provider.ts';

type ModpExchange = Pick<Provider, 'publicValue' | 'sharedSecret'> & Partial<Pick<Provider, 'exchange'>>;

/**
 * MODP with exponents of our own: node:crypto has two doors to OpenSSL, each of them slow somewhere. OpenSSL 3.0
 * tests a public value with a full exponentiation behind key objects (2048 bits: 1.6 ms for 0.2 ms), OpenSSL 3.5
 * behind DiffieHellman objects; and to make a DiffieHellman object takes Node 24 a primality test of up to seconds,
 * where Node 20 knows the primes. Both doors are right everywhere; this chooses the fast one.
 */
export function nodeModp(): ModpExchange {
  const old = constants.OPENSSL_VERSION_NUMBER < 0x3010_0000 && Number.parseInt(versions.node, 10) < 22;
  return old ? modpByDiffieHellmanObjects : modpByKeyObjects;
}

export const modpByDiffieHellmanObjects: ModpExchange = {
  publicValue: (method, scalar) => withPrivateKey(method, scalar, (group) => group.generateKeys()),
  sharedSecret: (method, scalar, peerPublic) =>
    withPrivateKey(method, scalar, (group) => group.computeSecret(peerPublic)),
  exchange: (method, scalar, peerPublic) =>
    withPrivateKey(method, scalar, (group) => ({
      publicValue: group.generateKeys(),
      sharedSecret: group.computeSecret(peerPublic),
    })),
};

export const modpByKeyObjects: ModpExchange = {
  publicValue: (method, scalar) => {
    const spki = createPublicKey(privateKeyObject(modpGroup(method), scalar)).export({ format: 'der', type: 'spki' });
    return readDerElement(new ByteReader(subjectPublicKey(spki)));
  },
  sharedSecret: (method, scalar, peerPublic) => {
    const group = modpGroup(method);
    return diffieHellman({
      privateKey: privateKeyObject(group, scalar),
      publicKey: publicKeyObject(group, peerPublic),
    });
  },
};

/** One object per group for ever: making one may cost a primality test. */
const DIFFIE_HELLMAN_OBJECTS = new Map<KeyExchangeKeyword, DiffieHellman>();

const FORGOTTEN = Uint8Array.of(1);

function withPrivateKey<Made>(
  method: KeyExchangeKeyword,
  scalar: Uint8Array,
  use: (group: DiffieHellman) => Made,
): Made {
  const group = diffieHellmanObject(method);
  group.setPrivateKey(scalar);
  try {
    return use(group);
  } finally {
    group.setPrivateKey(FORGOTTEN);
  }
}

function diffieHellmanObject(method: KeyExchangeKeyword): DiffieHellman {
  const known = DIFFIE_HELLMAN_OBJECTS.get(method);
  if (known !== undefined) return known;
  const { prime, generator } = modpGroup(method);
  const made = createDiffieHellman(Buffer.from(prime), Buffer.from(generator));
  DIFFIE_HELLMAN_OBJECTS.set(method, made);
  return made;
}

/** PKCS #8 (RFC 5958 §2) of a PKCS #3 key. */
function privateKeyObject(group: ModpGroup, scalar: Uint8Array): KeyObject {
  const version = derInteger(Uint8Array.of(0));
  const key = derElement(DER_OCTET_STRING, derInteger(scalar));
  const der = derElement(DER_SEQUENCE, version, algorithmIdentifier(group), key);
  return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
}

function publicKeyObject(group: ModpGroup, value: Uint8Array): KeyObject {
  const bitString = derElement(0x03, Uint8Array.of(0), derInteger(value));
  const der = derElement(DER_SEQUENCE, algorithmIdentifier(group), bitString);
  return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
}

/** dhKeyAgreement of PKCS #3, 1.2.840.113549.1.3.1, with the prime and the generator. */
function algorithmIdentifier({ prime, generator }: ModpGroup): Uint8Array {
  const parameters = derElement(DER_SEQUENCE, derInteger(prime), derInteger(generator));
  return derElement(DER_SEQUENCE, fromHex('06092a864886f70d010301'), parameters);
}
