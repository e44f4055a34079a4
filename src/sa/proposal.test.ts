import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENCRYPTION, INTEGRITY, KEY_EXCHANGE, PRF } from '../crypto/algorithms.ts';
import type { Capabilities, CipherSuite, Proposal, SecurityProtocol } from './proposal.ts';
import { formatProposal, formatSuite, isAead, parseProposal, prfOf, restrictProposals, withSlots } from './proposal.ts';

const ALONE = 'names an additional key exchange, but no key exchange method (DH group) that goes before it';
const none = { encryption: [], integrity: [], prf: [], keyExchange: [], esn: [] };

describe('parseProposal', () => {
  const good: readonly [string, SecurityProtocol, Partial<Proposal>][] = [
    [
      'aes128-sha1-modp1024',
      'ike',
      { encryption: ['aes128'], integrity: ['sha1'], prf: ['prfsha1'], keyExchange: ['modp1024'] },
    ],
    [
      'aes256-aes128-sha2_256-sha512-x25519-ecp384',
      'ike',
      {
        encryption: ['aes256', 'aes128'],
        integrity: ['sha256', 'sha512'],
        prf: ['prfsha256', 'prfsha512'],
        keyExchange: ['curve25519', 'ecp384'],
      },
    ],
    [
      'aes256-sha256-prfsha384-modp2048',
      'ike',
      { encryption: ['aes256'], integrity: ['sha256'], prf: ['prfsha384'], keyExchange: ['modp2048'] },
    ],
    [
      'aes256gcm16-prfsha384-ecp384',
      'ike',
      { encryption: ['aes256gcm16'], prf: ['prfsha384'], keyExchange: ['ecp384'] },
    ],
    // Beside a combined-mode cipher the integrity word stands for the PRF.
    [
      'chacha20poly1305-sha256-curve25519',
      'ike',
      { encryption: ['chacha20poly1305'], prf: ['prfsha256'], keyExchange: ['curve25519'] },
    ],
    [
      'aes256gcm16-prfsha384-x25519-ke3_ecp384-ke1_mlkem768-ke1_MLKEM1024-ke1_none',
      'ike',
      {
        encryption: ['aes256gcm16'],
        prf: ['prfsha384'],
        keyExchange: ['curve25519'],
        additional: [
          { slot: 1, methods: ['mlkem768', 'mlkem1024', 'none'] },
          { slot: 3, methods: ['ecp384'] },
        ],
      },
    ],
    [
      'aes128-sha256-mlkem512-ke7_x25519',
      'ike',
      {
        encryption: ['aes128'],
        integrity: ['sha256'],
        prf: ['prfsha256'],
        keyExchange: ['mlkem512'],
        additional: [{ slot: 7, methods: ['curve25519'] }],
      },
    ],
    ['3des-md5', 'esp', { encryption: ['3des'], integrity: ['md5'], esn: [false] }],
    [
      'AES128-SHA1-MODP2048S256',
      'esp',
      { encryption: ['aes128'], integrity: ['sha1'], keyExchange: ['modp2048s256'], esn: [false] },
    ],
    [
      'aes128gcm128-esn-noesn-modp2048',
      'esp',
      { encryption: ['aes128gcm16'], keyExchange: ['modp2048'], esn: [true, false] },
    ],
    [
      'aes256gcm16-x25519-ke1_mlkem768-ke1_none',
      'esp',
      {
        encryption: ['aes256gcm16'],
        keyExchange: ['curve25519'],
        additional: [{ slot: 1, methods: ['mlkem768', 'none'] }],
        esn: [false],
      },
    ],
    [
      'sha256-ecp256-ke2_mlkem512',
      'ah',
      {
        integrity: ['sha256'],
        keyExchange: ['ecp256'],
        additional: [{ slot: 2, methods: ['mlkem512'] }],
        esn: [false],
      },
    ],
    ['sha256-modp1536', 'ah', { integrity: ['sha256'], keyExchange: ['modp1536'], esn: [false] }],
  ];
  it.each(good)('%s (%s)', (text, protocol, expected) => {
    expect(parseProposal(text, protocol)).toEqual({ protocol, ...none, ...expected });
  });

  const bad: readonly [string, SecurityProtocol, object][] = [
    ['', 'ike', { error: 'has an empty word', word: '' }],
    ['aes128--sha1', 'esp', { error: 'has an empty word', word: '' }],
    ['aes129-sha1-modp1024', 'ike', { error: 'has a word that is no algorithm', word: 'aes129', nearest: 'aes128' }],
    [
      'aes128-sha1-modp1024!',
      'ike',
      { error: 'has a word that is no algorithm', word: 'modp1024!', nearest: 'modp1024' },
    ],
    ['twofish-sha1-modp1024', 'ike', { error: 'has a word that is no algorithm', word: 'twofish' }],
    ['aes128-sha1-sha1', 'esp', { error: 'names an algorithm twice', word: 'sha1' }],
    ['aes128-sha1', 'ike', { error: 'names no key exchange method (DH group)' }],
    ['aes128-modp1024', 'ike', { error: 'names no integrity algorithm' }],
    ['aes128', 'esp', { error: 'names no integrity algorithm' }],
    ['sha1-modp1024', 'esp', { error: 'names no encryption algorithm' }],
    ['aes256gcm16-ecp384', 'ike', { error: 'names no PRF; add one such as prfsha256' }],
    ['aes256gcm16-sha256-prfsha384-ecp384', 'ike', { error: 'names sha256, but aes256gcm16 authenticates by itself' }],
    ['aes256gcm16-sha256', 'esp', { error: 'names sha256, but aes256gcm16 authenticates by itself' }],
    [
      'aes256gcm16-aes256-sha256',
      'esp',
      { error: 'mixes ciphers that authenticate by themselves with others; write two proposals' },
    ],
    ['aes128-sha1-prfsha1', 'esp', { error: 'names a PRF, which only IKE uses', word: 'prfsha1' }],
    ['aes128-sha1', 'ah', { error: 'names an encryption algorithm, but AH does not encrypt', word: 'aes128' }],
    ['modp1024', 'ah', { error: 'names no integrity algorithm' }],
    [
      'aes128-sha1-modp1024-ke1_mlkem768-ke1_mlkem768',
      'ike',
      { error: 'names an algorithm twice', word: 'ke1_mlkem768' },
    ],
    [
      'aes128-sha1-modp1024-ke1_mlkem768-ke2_mlkem768',
      'ike',
      { error: 'asks for the same additional key exchange twice (RFC 9370 §2.2.1)' },
    ],
    ['aes128-sha1-modp1024-ke2_none', 'ike', { error: 'names no method but none for ke2; leave it out' }],
    [
      'aes128-sha1-modp1024-ke8_mlkem768',
      'ike',
      { error: 'has a word that is no algorithm', word: 'ke8_mlkem768', nearest: 'ke1_mlkem768' },
    ],
    ['aes128-sha1-ke1_mlkem768', 'ike', { error: 'names no key exchange method (DH group)' }],
    ['aes128-sha1-ke1_mlkem768', 'esp', { error: ALONE }],
    ['sha1-ke1_ecp256-ke1_none', 'ah', { error: ALONE }],
    ['aes128gcm16-ecp256-ke1_none', 'esp', { error: 'names no method but none for ke1; leave it out' }],
    [
      'aes128-sha1-modp1024-esn',
      'ike',
      { error: 'names a sequence number form, which only ESP and AH have', word: 'esn' },
    ],
  ];
  it.each(bad)('%j (%s) is refused', (text, protocol, expected) => {
    expect(parseProposal(text, protocol)).toEqual(expected);
  });

  it('the nearest word is one that the protocol can use', () => {
    expect(parseProposal('aes128-prfsha', 'esp')).not.toHaveProperty('nearest', 'prfsha1');
    expect(parseProposal('aes12-sha1', 'ah')).not.toHaveProperty('nearest');
  });
});

const keywords = <Keyword>(rows: readonly { readonly keyword: Keyword }[]) =>
  fc.subarray(
    rows.map((row) => row.keyword),
    { minLength: 1, maxLength: 3 },
  );
const KEMS = ['mlkem512', 'mlkem768', 'mlkem1024', 'none'] as const;
const algorithmLists = {
  aead: keywords(ENCRYPTION.filter((row) => isAead(row.keyword))),
  cbc: keywords(ENCRYPTION.filter((row) => !isAead(row.keyword))),
  integrity: keywords(INTEGRITY),
  prf: keywords(PRF),
  keyExchange: keywords(KEY_EXCHANGE),
  pfs: fc.boolean(),
  esn: fc.constantFrom([false], [true], [true, false], [false, true]),
  slots: fc
    .shuffledSubarray([1, 3, 7] as const)
    .map((slots) => slots.toSorted().map((slot, index) => ({ slot, methods: KEMS.slice(index) }))),
  kind: fc.constantFrom('ike', 'ike-aead', 'esp', 'esp-aead', 'ah'),
};
const proposal: fc.Arbitrary<Proposal> = fc.record(algorithmLists).map((lists) => {
  const { kind, integrity, prf, keyExchange, esn } = lists;
  const child = { prf: [], keyExchange: lists.pfs ? keyExchange : [], esn };
  const ike = { protocol: 'ike', prf, keyExchange, ...withSlots(lists.slots), esn: [] } as const;
  if (kind === 'ike') return { ...ike, encryption: lists.cbc, integrity };
  if (kind === 'ike-aead') return { ...ike, encryption: lists.aead, integrity: [] };
  if (kind === 'esp') return { protocol: 'esp', encryption: lists.cbc, integrity, ...child };
  if (kind === 'esp-aead') return { protocol: 'esp', encryption: lists.aead, integrity: [], ...child };
  return { protocol: 'ah', encryption: [], integrity, ...child };
});

describe('formatProposal', () => {
  it('is read back as the same proposal', () => {
    fc.assert(
      fc.property(proposal, (one) => {
        expect(parseProposal(formatProposal(one), one.protocol)).toEqual(one);
      }),
    );
  });
});

describe('formatSuite', () => {
  it.each<[CipherSuite, string]>([
    [
      { protocol: 'ike', encryption: 'aes128', integrity: 'sha1', prf: 'prfsha1', keyExchange: 'modp1024' },
      'aes128-sha1-modp1024',
    ],
    [
      { protocol: 'ike', encryption: 'aes128', integrity: 'sha1', prf: 'prfsha256', keyExchange: 'modp1024' },
      'aes128-sha1-prfsha256-modp1024',
    ],
    [
      { protocol: 'ike', encryption: 'aes256gcm16', prf: 'prfsha384', keyExchange: 'ecp384' },
      'aes256gcm16-prfsha384-ecp384',
    ],
    [
      {
        protocol: 'ike',
        encryption: 'aes256gcm16',
        prf: 'prfsha384',
        keyExchange: 'curve25519',
        additional: [
          { slot: 1, method: 'mlkem768' },
          { slot: 4, method: 'ecp521' },
        ],
      },
      'aes256gcm16-prfsha384-curve25519-ke1_mlkem768-ke4_ecp521',
    ],
    [{ protocol: 'esp', encryption: 'aes128', integrity: 'sha1', esn: false }, 'aes128-sha1'],
    [{ protocol: 'esp', encryption: 'aes128gcm16', keyExchange: 'modp2048', esn: true }, 'aes128gcm16-modp2048-esn'],
    [{ protocol: 'ah', integrity: 'sha256', esn: false }, 'sha256'],
  ])('%o', (suite, expected) => {
    expect(formatSuite(suite)).toBe(expected);
  });
});

describe('prfOf', () => {
  it('every integrity algorithm has the PRF of its hash', () => {
    expect(INTEGRITY.map(({ keyword }) => prfOf(keyword))).toEqual(INTEGRITY.map(({ keyword }) => `prf${keyword}`));
  });
});

describe('restrictProposals', () => {
  const capabilities: Capabilities = {
    ike: {
      encryption: ['aes128', 'aes256gcm16'],
      integrity: ['sha1'],
      prf: ['prfsha1'],
      keyExchange: ['modp2048', 'curve25519'],
    },
    esp: { encryption: ['aes256'], integrity: ['sha256'] },
    ah: { integrity: ['sha1'] },
  };
  const restrict = (text: string, protocol: SecurityProtocol) => {
    const parsed = parseProposal(text, protocol);
    if ('error' in parsed) throw new Error(parsed.error);
    return restrictProposals([parsed], capabilities).map(formatProposal);
  };

  it.each<[string, SecurityProtocol, string[]]>([
    ['aes128-3des-sha1-md5-modp1024-modp2048', 'ike', ['aes128-sha1-modp2048']],
    ['3des-sha1-modp2048', 'ike', []],
    ['aes128-sha1-modp1024', 'ike', []],
    ['aes256gcm16-prfsha384-curve25519', 'ike', []],
    ['aes256gcm16-prfsha1-curve25519', 'ike', ['aes256gcm16-prfsha1-curve25519']],
    [
      'aes128-sha1-modp2048-ke1_mlkem768-ke1_curve25519-ke2_mlkem768-ke2_none',
      'ike',
      ['aes128-sha1-modp2048-ke1_curve25519'],
    ],
    ['aes128-sha1-modp2048-ke1_mlkem768', 'ike', []],
    ['aes256-aes128-sha256', 'esp', ['aes256-sha256']],
    ['aes256-sha256-modp1024', 'esp', []],
    ['aes256-sha1', 'esp', []],
    ['sha1-sha256-modp2048', 'ah', ['sha1-modp2048']],
  ])('%s (%s)', (text, protocol, expected) => {
    expect(restrict(text, protocol)).toEqual(expected);
  });
});
