import type { KeyExchangeKeyword } from './algorithms.ts';
import { isKem, keyExchangeMethod } from './algorithms.ts';
import { padLeft } from './big-integer.ts';
import { constantTimeEqual } from './constant-time.ts';
import type { KeyExchangeJob, KeyExchangeResult } from './key-exchange-job.ts';
import { encapsulationRandomness, privateKeyRule } from './private-scalar.ts';
import type { Exchange, Provider } from './provider.ts';
import { answerFault, publicValueFault } from './public-value.ts';
import { workingProvider } from './working-provider.ts';

/** How many bytes of entropy the `privateKey` of a job takes, whatever its kind. */
export function privateKeyBytes(method: KeyExchangeKeyword): number {
  return privateKeyRule(method).bytes;
}

/**
 * Does one job. Never throws: what cannot be done is refused, with a reason that holds no secret. The
 * result depends on the job alone. Values have their full length (RFC 7296 §2.14, §3.4), leading zeros included.
 */
export function performKeyExchange(job: KeyExchangeJob): KeyExchangeResult {
  try {
    const reason = jobFault(job);
    return reason === undefined ? compute(job) : { kind: 'ke.refused', reason };
  } catch {
    // The library's own words stay out: they are not ours to vouch for.
    return { kind: 'ke.refused', reason: `the crypto library could not do the key exchange ${job.method}` };
  }
}

function jobFault(job: KeyExchangeJob): string | undefined {
  const expected = privateKeyBytes(job.method);
  if (job.privateKey.length !== expected)
    return `a private key of ${job.privateKey.length} bytes; ${job.method} takes ${expected}`;
  if (job.kind === 'ke.generate') return undefined;
  // Who agrees has generated before, so that the peer has responded.
  return (job.kind === 'ke.agree' ? answerFault : publicValueFault)(job.method, job.peerPublic);
}

function compute(job: KeyExchangeJob): KeyExchangeResult {
  const provider = workingProvider('keyExchange', job.method);
  const scalar = privateKeyRule(job.method).scalar(job.privateKey);
  try {
    if (job.kind === 'ke.generate') return { kind: job.kind, publicValue: publicValue(job, provider, scalar) };
    if (job.kind === 'ke.respond' && isKem(job.method)) {
      const { ciphertext, secret } = provider.encapsulate(job.method, encapsulationRandomness(scalar), job.peerPublic);
      return { kind: job.kind, publicValue: ciphertext, sharedSecret: secret };
    }
    const made = unlessSmallOrder(job, () =>
      job.kind === 'ke.respond' ? respond(job, provider, scalar) : { sharedSecret: agree(job, provider, scalar) },
    );
    if (made === undefined) return { kind: 'ke.refused', reason: `a public value of small order in ${job.method}` };
    if (!('publicValue' in made)) return { kind: 'ke.agree', sharedSecret: made.sharedSecret };
    return { kind: 'ke.respond', publicValue: made.publicValue, sharedSecret: made.sharedSecret };
  } finally {
    scalar.fill(0);
  }
}

type Agreement = Exclude<KeyExchangeJob, { kind: 'ke.generate' }>;

function publicValue({ method }: KeyExchangeJob, provider: Provider, scalar: Uint8Array): Uint8Array {
  return padLeft(provider.publicValue(method, scalar), keyExchangeMethod(method).publicBytes);
}

function agree({ method, peerPublic }: Agreement, provider: Provider, scalar: Uint8Array): Uint8Array {
  return padLeft(provider.sharedSecret(method, scalar, peerPublic), keyExchangeMethod(method).secretBytes);
}

function respond(job: Agreement, provider: Provider, scalar: Uint8Array): Exchange {
  const { publicBytes, secretBytes } = keyExchangeMethod(job.method);
  const both = provider.exchange?.(job.method, scalar, job.peerPublic);
  if (both === undefined)
    return { sharedSecret: agree(job, provider, scalar), publicValue: publicValue(job, provider, scalar) };
  return {
    publicValue: padLeft(both.publicValue, publicBytes),
    sharedSecret: padLeft(both.sharedSecret, secretBytes),
  };
}

/** RFC 7748 §6.1: an all-zero result, which only points of small order give, is no secret. Libraries throw or tell. */
function unlessSmallOrder<Made extends { readonly sharedSecret: Uint8Array }>(
  { method }: Agreement,
  make: () => Made,
): Made | undefined {
  const { kind, secretBytes } = keyExchangeMethod(method);
  if (kind !== 'montgomery') return make();
  try {
    const made = make();
    return constantTimeEqual(made.sharedSecret, new Uint8Array(secretBytes)) ? undefined : made;
  } catch {
    return undefined;
  }
}
