import type { Status } from '../crypto/algorithms.ts';
import { encryptionAlgorithm, integrityAlgorithm, keyExchangeMethod, prfAlgorithm } from '../crypto/algorithms.ts';
import type { Proposal } from '../sa/proposal.ts';
import type { Tunnel } from './configuration.ts';

/**
 * A choice that works and that a careful operator would not make. `keys` are the places in the tunnel where it may
 * have been made, the likeliest first; `text` is one sentence and holds no secret.
 */
export type WeakChoice = { readonly keys: readonly string[]; readonly text: string };

type Judged = Pick<Tunnel, 'policy' | 'pskSource' | 'ppkSource'>;

/** What is weak about a tunnel: obsolete algorithms by RFC 8247 and RFC 8221, IKEv1, guessable keys. */
export function weakChoices(tunnel: Judged): WeakChoice[] {
  return [
    ...protocolChoices(tunnel),
    ...ikeChoices(tunnel),
    ...childChoices(tunnel),
    ...keyChoices(tunnel),
    ...ppkChoices(tunnel),
  ];
}

/** RFC 8247 §5 and common practice: what a person can remember, a machine can guess. */
const MIN_PSK_BYTES = 20;

function protocolChoices({ policy }: Judged): WeakChoice[] {
  const { version, mode, remote, childProtocol, childProposals } = policy;
  const pfs = childProposals.every((proposal) => proposal.keyExchange.length > 0);
  return [
    version === 1 && weak(['ike.version'], 'IKEv1 is obsolete (RFC 9395); use version 2 where the peer can'),
    version === 1 &&
      mode === 'aggressive' &&
      weak(
        ['ike.mode'],
        'aggressive mode lets anyone who asks guess the pre-shared key offline; use main where it works',
      ),
    version === 1 &&
      mode === 'main' &&
      remote.address.kind === 'any' &&
      weak(
        ['ike.mode'],
        'in main mode the key of a peer of 0.0.0.0 must be found by trial, before its identity is known',
      ),
    version === 1 &&
      mode === 'main' &&
      remote.address.kind === 'name' &&
      weak(
        ['ike.mode'],
        'in main mode the key of a peer that is given by name must be found by trial where it calls, before its identity is known; give its address',
      ),
    childProtocol === 'ah' && weak(['ipsec.protocol'], 'AH does not encrypt: everyone on the way can read the traffic'),
    !pfs && weak(['ipsec.pfs', 'ipsec.proposals'], 'without PFS, whoever learns one key can read the traffic of all'),
  ].filter((choice) => choice !== false);
}

function ikeChoices({ policy }: Judged): WeakChoice[] {
  const of = listsOf(policy.ikeProposals);
  return [
    ...of('encryption').flatMap((keyword) =>
      judged(['ike.encryption', 'ike.proposals'], keyword, encryptionAlgorithm(keyword).status.ike, 'RFC 8247'),
    ),
    ...of('integrity').flatMap((keyword) =>
      judged(['ike.authentication', 'ike.proposals'], keyword, integrityAlgorithm(keyword).status.ike, 'RFC 8247'),
    ),
    // The PRF that goes with an integrity algorithm needs no sentence of its own.
    ...of('prf')
      .filter((keyword) => !of('integrity').some((integrity) => keyword === `prf${integrity}`))
      .flatMap((keyword) =>
        judged(['ike.authentication', 'ike.proposals'], keyword, prfAlgorithm(keyword).status.ike, 'RFC 8247'),
      ),
    ...of('keyExchange').flatMap((keyword) => {
      const { group, status } = keyExchangeMethod(keyword);
      return judged(['ike.dhGroup', 'ike.proposals'], `group ${group} (${keyword})`, status.ike, 'RFC 8247');
    }),
  ];
}

function childChoices({ policy }: Judged): WeakChoice[] {
  const of = listsOf(policy.childProposals);
  return [
    ...of('encryption').flatMap((keyword) =>
      judged(['ipsec.encryption', 'ipsec.proposals'], keyword, encryptionAlgorithm(keyword).status.esp, 'RFC 8221'),
    ),
    ...of('integrity').flatMap((keyword) =>
      judged(['ipsec.authentication', 'ipsec.proposals'], keyword, integrityAlgorithm(keyword).status.esp, 'RFC 8221'),
    ),
    ...of('keyExchange').flatMap((keyword) => {
      const { group, status } = keyExchangeMethod(keyword);
      return judged(['ipsec.pfs', 'ipsec.proposals'], `group ${group} (${keyword})`, status.ike, 'RFC 8247');
    }),
  ];
}

function keyChoices({ policy, pskSource }: Judged): WeakChoice[] {
  const { psk, many } = policy;
  const keys = [psk, ...(many?.keys ?? []).map((key) => key.psk)];
  return [
    keys.some((key) => key.expose().length < MIN_PSK_BYTES) &&
      weak(
        ['psk', 'keys'],
        `the pre-shared key is shorter than ${MIN_PSK_BYTES} characters and can be guessed; use a random one`,
      ),
    pskSource === 'inline' &&
      weak(['psk', 'keys'], 'the pre-shared key stands in the configuration; use {file}, {credential} or {env}'),
  ].filter((choice) => choice !== false);
}

/** RFC 8784 §6: 256 bits, because a quantum computer halves them. */
const MIN_PPK_BYTES = 32;
const MIN_PPK_CIPHER_BITS = 256;

function ppkChoices({ policy, ppkSource }: Judged): WeakChoice[] {
  if (policy.ppk === undefined) return [];
  const { length } = policy.ppk.secret.expose();
  const short = listsOf(policy.childProposals)('encryption').filter(
    (keyword) => encryptionAlgorithm(keyword).keyBits < MIN_PPK_CIPHER_BITS,
  );
  return [
    length < MIN_PPK_BYTES &&
      weak(
        ['ppk.secret'],
        `the post-quantum key is shorter than ${MIN_PPK_BYTES} characters; use at least 256 random bits (RFC 8784)`,
      ),
    ppkSource === 'inline' &&
      weak(['ppk.secret'], 'the post-quantum key stands in the configuration; use {file}, {credential} or {env}'),
    short.length > 0 &&
      weak(
        ['ipsec.encryption', 'ipsec.proposals'],
        `stage 2 uses ${short.join(', ')}, whose keys are too short against the quantum computers that ppk is for (RFC 8784); better: aes256 or aes256gcm16`,
      ),
  ].filter((choice) => choice !== false);
}

function weak(keys: readonly string[], text: string): WeakChoice {
  return { keys, text };
}

const JUDGEMENTS: Readonly<Partial<Record<Status, string>>> = {
  'should-not': 'should not be used',
  'must-not': 'must not be used',
};

const BETTER: ReadonlyMap<string, string> = new Map([
  ['ike.dhGroup', '14, 19 or 31'],
  ['ipsec.pfs', '14, 19 or 31'],
  ['ike.encryption', 'aes128 or aes256gcm16'],
  ['ipsec.encryption', 'aes128 or aes256gcm16'],
  ['ike.authentication', 'sha256'],
  ['ipsec.authentication', 'sha256'],
]);

function judged(keys: readonly [string, ...string[]], name: string, status: Status, rfc: string): WeakChoice[] {
  const judgement = JUDGEMENTS[status];
  const stage = keys[0].startsWith('ike.') ? 'stage 1' : 'stage 2';
  return judgement === undefined
    ? []
    : [weak(keys, `${stage} uses ${name}, which ${judgement} any more (${rfc}); better: ${BETTER.get(keys[0])}`)];
}

function listsOf(proposals: readonly Proposal[]) {
  return <Type extends 'encryption' | 'integrity' | 'prf' | 'keyExchange'>(type: Type): Proposal[Type][number][] => [
    ...new Set(proposals.flatMap((proposal): readonly Proposal[Type][number][] => proposal[type])),
  ];
}
