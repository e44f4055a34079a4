import { performKeyExchange } from '../crypto/key-exchange.ts';
import type { KeyExchangeJob, KeyExchangeResult } from '../crypto/key-exchange-job.ts';

/** The one that `tunnels.ts` configures. */
const IMITATED = 'curve25519';
const VALUE_BYTES = 32;

/**
 * What a gateway of the simulation does as its key exchange jobs. The usual method is imitated: real Diffie-Hellman
 * costs more than all the rest of a run, and nobody in a simulation computes a logarithm. Like the real one it gives
 * both ends the same secret, another one where a value was changed on the way, and refuses a value that yields none.
 */
export function cheapKeyExchange(job: KeyExchangeJob): KeyExchangeResult {
  if (job.method !== IMITATED || job.privateKey.length !== VALUE_BYTES) return performKeyExchange(job);
  const own = job.privateKey.map((octet) => octet ^ 0x5a);
  if (job.kind === 'ke.generate') return { kind: job.kind, publicValue: own };
  const { peerPublic } = job;
  if (peerPublic.length !== VALUE_BYTES) return performKeyExchange(job);
  const sharedSecret = own.map((octet, index) => octet ^ (peerPublic[index] ?? 0));
  if (sharedSecret.every((octet) => octet === 0)) return { kind: 'ke.refused', reason: 'it yields no secret' };
  return job.kind === 'ke.agree'
    ? { kind: job.kind, sharedSecret }
    : { kind: job.kind, publicValue: own, sharedSecret };
}
