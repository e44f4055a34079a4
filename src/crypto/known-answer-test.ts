import { equalBytes, fromHex, toHex, utf8 } from '../base/bytes.ts';
import type { EncryptionKeyword, HashName, KemKeyword, KeyExchangeKeyword } from './algorithms.ts';
import { encryptionAlgorithm, isKem } from './algorithms.ts';
import {
  ENCRYPTION_ANSWERS,
  HASH_ANSWERS,
  HMAC_ANSWERS,
  KEM_ANSWERS,
  KEM_RANDOMNESS,
  KEM_SEED,
  KEY_EXCHANGE_ANSWERS,
} from './known-answers.ts';
import type { Exchange, Provider } from './provider.ts';

type Names = { hash: HashName; hmac: HashName; encryption: EncryptionKeyword; keyExchange: KeyExchangeKeyword };

/** What a provider is tested for and chosen by. */
export type PrimitiveKind = keyof Names;
export type PrimitiveName<Kind extends PrimitiveKind> = Names[Kind];

/** Why a provider cannot be used for a primitive; undefined where it gave the known answer. */
export function knownAnswerFault<Kind extends PrimitiveKind>(
  provider: Provider,
  kind: Kind,
  name: PrimitiveName<Kind>,
): string | undefined {
  try {
    return TESTS[kind](provider, name) ? undefined : 'gives a wrong answer';
  } catch (error) {
    // The inputs are public, so the library's own words may be shown.
    return error instanceof Error ? error.message : String(error);
  }
}

const TESTS: { readonly [Kind in PrimitiveKind]: (provider: Provider, name: Names[Kind]) => boolean } = {
  hash: (provider, name) => toHex(provider.hash(name, [utf8('a'), utf8('bc')])) === HASH_ANSWERS[name],
  hmac: (provider, name) => {
    const mac = provider.hmac(name, utf8('Jefe'), [utf8('what do ya want '), utf8('for nothing?')]);
    return toHex(mac) === HMAC_ANSWERS[name];
  },
  encryption: (provider, name) =>
    encryptionAlgorithm(name).aeadIcvBytes === undefined ? cbcAnswers(provider, name) : aeadAnswers(provider, name),
  keyExchange: keyExchangeAnswers,
};

function cbcAnswers(provider: Provider, keyword: EncryptionKeyword): boolean {
  const answer = ENCRYPTION_ANSWERS[keyword];
  const { node } = encryptionAlgorithm(keyword);
  const key = { keyword, node, key: fromHex(answer.key), iv: fromHex(answer.iv) };
  return (
    toHex(provider.encryptCbc(key, fromHex(answer.plaintext))) === answer.ciphertext &&
    toHex(provider.decryptCbc(key, fromHex(answer.ciphertext))) === answer.plaintext
  );
}

function aeadAnswers(provider: Provider, keyword: EncryptionKeyword): boolean {
  const answer = ENCRYPTION_ANSWERS[keyword];
  const { node, aeadIcvBytes } = encryptionAlgorithm(keyword);
  if (aeadIcvBytes === undefined) return false;
  const key = { keyword, node, key: fromHex(answer.key), nonce: fromHex(answer.iv), tagBytes: aeadIcvBytes };
  const aad = fromHex(answer.aad);
  const sealed = fromHex(answer.ciphertext);
  const opened = provider.openAead(key, aad, sealed);
  // A cipher that does not notice a forgery is worse than none.
  const forged = Uint8Array.from(sealed);
  forged[sealed.length - 1] = (forged[sealed.length - 1] ?? 0) ^ 1;
  return (
    equalBytes(provider.sealAead(key, aad, fromHex(answer.plaintext)), sealed) &&
    opened !== undefined &&
    toHex(opened) === answer.plaintext &&
    provider.openAead(key, aad, forged) === undefined
  );
}

function keyExchangeAnswers(provider: Provider, keyword: KeyExchangeKeyword): boolean {
  if (isKem(keyword)) return kemAnswers(provider, keyword);
  const answer = KEY_EXCHANGE_ANSWERS[keyword];
  const [scalar, peerPublic] = [fromHex(answer.scalar), fromHex(answer.peerPublic)];
  const isRight = ({ publicValue, sharedSecret }: Exchange) =>
    toHex(publicValue).endsWith(answer.publicTail) && toHex(sharedSecret).endsWith(answer.secretTail);
  const both = provider.exchange?.(keyword, scalar, peerPublic);
  const [publicValue, sharedSecret] = [
    provider.publicValue(keyword, scalar),
    provider.sharedSecret(keyword, scalar, peerPublic),
  ];
  return isRight({ publicValue, sharedSecret }) && (both === undefined || isRight(both));
}

function kemAnswers(provider: Provider, keyword: KemKeyword): boolean {
  const answer = KEM_ANSWERS[keyword];
  const seed = fromHex(KEM_SEED);
  const publicValue = provider.publicValue(keyword, seed);
  const { ciphertext, secret } = provider.encapsulate(keyword, fromHex(KEM_RANDOMNESS), publicValue);
  return (
    toHex(publicValue).endsWith(answer.publicTail) &&
    toHex(ciphertext).endsWith(answer.ciphertextTail) &&
    toHex(secret) === answer.secret &&
    toHex(provider.sharedSecret(keyword, seed, ciphertext)) === answer.secret
  );
}
