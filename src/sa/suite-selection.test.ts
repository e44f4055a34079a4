import { describe, expect, it } from 'vitest';
import type { Proposal, SecurityProtocol } from './proposal.ts';
import { formatSuite, parseProposal } from './proposal.ts';
import { selectSuite } from './suite-selection.ts';

const parse = (texts: readonly string[], protocol: SecurityProtocol): Proposal[] =>
  texts.map((text) => {
    const proposal = parseProposal(text, protocol);
    if ('error' in proposal) throw new Error(`${text} ${proposal.error}`);
    return proposal;
  });

const select = (own: readonly string[], peer: readonly string[], protocol: SecurityProtocol = 'ike') => {
  const result = selectSuite(parse(own, protocol), parse(peer, protocol), protocol);
  return 'suite' in result ? [formatSuite(result.suite), result.ownIndex, result.peerIndex] : result;
};

describe('selectSuite: what both sides accept', () => {
  it('our order of proposals wins over the peer’s', () => {
    expect(
      select(['aes256-sha256-modp2048', 'aes128-sha1-modp1024'], ['aes128-sha1-modp1024', 'aes256-sha256-modp2048']),
    ).toEqual(['aes256-sha256-modp2048', 0, 1]);
  });

  it('our order of algorithms within a proposal wins too', () => {
    expect(select(['aes256-aes128-sha256-sha1-modp2048-modp1024'], ['aes128-aes256-sha1-modp1024-modp2048'])).toEqual([
      'aes256-sha1-modp2048',
      0,
      0,
    ]);
  });

  it('the first of the peer’s proposals that fits is named', () => {
    expect(select(['aes128-sha1-modp1024'], ['3des-sha1-modp1024', 'aes128-sha1-modp1024'])).toEqual([
      'aes128-sha1-modp1024',
      0,
      1,
    ]);
  });

  it('a combined-mode cipher is agreed without integrity algorithm', () => {
    const [own, peer] = [parse(['aes256gcm16-prfsha384-ecp384'], 'ike'), parse(['aes256gcm16-sha384-ecp384'], 'ike')];
    expect(selectSuite(own, peer, 'ike')).toEqual({
      suite: { protocol: 'ike', encryption: 'aes256gcm16', prf: 'prfsha384', keyExchange: 'ecp384' },
      ownIndex: 0,
      peerIndex: 0,
    });
  });

  it('additional key exchanges are agreed slot by slot (RFC 9370)', () => {
    expect(
      select(
        ['aes128-sha1-modp2048-ke1_mlkem768-ke2_ecp384-ke2_none', 'aes128-sha1-modp2048'],
        ['aes128-sha1-modp2048-ke1_mlkem1024-ke1_mlkem768'],
      ),
    ).toEqual(['aes128-sha1-modp2048-ke1_mlkem768', 0, 0]);
    // A peer that has none of it takes the proposal without.
    expect(select(['aes128-sha1-modp2048-ke1_mlkem768', 'aes128-sha1-modp2048'], ['aes128-sha1-modp2048'])).toEqual([
      'aes128-sha1-modp2048',
      1,
      0,
    ]);
  });

  it('the words say which additional key exchanges each side has', () => {
    expect(select(['aes128-sha1-modp2048-ke1_mlkem768'], ['aes128-sha1-modp2048'])).toEqual({
      mismatch: 'additional',
      text: 'no common additional key exchange: we have ke1_mlkem768, the peer has none',
    });
    expect(
      select(['aes128-sha1-modp2048-ke1_mlkem768'], ['aes128-sha1-modp2048-ke1_mlkem768-ke2_mlkem1024']),
    ).toMatchObject({
      mismatch: 'additional',
      text: expect.stringContaining('(the closest differ in the additional key exchange)'),
    });
  });

  it('a Child SA without PFS has no key exchange, and says its sequence number form', () => {
    expect(selectSuite(parse(['aes128-sha1'], 'esp'), parse(['aes128-sha1'], 'esp'), 'esp')).toEqual({
      suite: { protocol: 'esp', encryption: 'aes128', integrity: 'sha1', esn: false },
      ownIndex: 0,
      peerIndex: 0,
    });
  });

  it('a peer that is silent about sequence numbers means the short ones', () => {
    const silent = parse(['aes128-sha1'], 'esp').map((proposal): Proposal => ({ ...proposal, esn: [] }));
    expect(selectSuite(parse(['aes128-sha1-noesn'], 'esp'), silent, 'esp')).toHaveProperty('suite.esn', false);
    expect(selectSuite(parse(['aes128-sha1-esn'], 'esp'), silent, 'esp')).toHaveProperty('mismatch', 'esn');
  });

  it('the first Child SA of IKE_AUTH ignores key exchange methods on both sides', () => {
    const [own, peer] = [parse(['aes128-sha1-modp1024'], 'esp'), parse(['aes128-sha1-modp2048'], 'esp')];
    const result = selectSuite(own, peer, 'esp', { ignoreKeyExchange: true });
    expect(result).toHaveProperty('suite', { protocol: 'esp', encryption: 'aes128', integrity: 'sha1', esn: false });
    expect(selectSuite(own, peer, 'esp')).toHaveProperty('mismatch', 'keyExchange');
  });
});

describe('selectSuite: why nothing fits', () => {
  it.each([
    [
      ['aes128-sha1-modp1024'],
      ['3des-aes256-sha1-modp1024'],
      'encryption',
      'no common encryption algorithm: we have aes128, the peer has 3des, aes256',
    ],
    [
      ['aes128-sha256-prfsha1-modp1024'],
      ['aes128-sha1-modp1024'],
      'integrity',
      'no common integrity algorithm: we have sha256, the peer has sha1',
    ],
    [
      ['aes128-sha1-prfsha256-modp1024'],
      ['aes128-sha1-modp1024'],
      'prf',
      'no common PRF: we have prfsha256, the peer has prfsha1',
    ],
    [
      ['aes128-sha1-modp1024'],
      ['aes128-sha1-modp2048-modp3072'],
      'keyExchange',
      'no common key exchange method (DH group): we have modp1024, the peer has modp2048, modp3072',
    ],
    // The closest pair differs in one thing only, and that is named.
    [
      ['aes256gcm16-prfsha256-ecp256', 'aes128-sha1-modp2048'],
      ['aes128-sha1-modp1024'],
      'keyExchange',
      'no common key exchange method (DH group): we have ecp256, modp2048, the peer has modp1024',
    ],
    [
      ['aes128-sha1-modp1024', 'aes256-sha256-modp2048'],
      ['aes128-sha1-modp2048'],
      'keyExchange',
      'no proposal of both sides fits as a whole (the closest differ in the key exchange method (DH group)): ' +
        'we have aes128-sha1-modp1024, aes256-sha256-modp2048, the peer has aes128-sha1-modp2048',
    ],
    [['aes128-sha1-modp1024'], [], 'protocol', 'the peer offers nothing that we know'],
  ])('%j against %j', (own, peer, mismatch, text) => {
    expect(select(own, peer)).toEqual({ mismatch, text });
  });

  it('PFS on one side only', () => {
    expect(select(['aes128-sha1'], ['aes128-sha1-modp1024'], 'esp')).toEqual({
      mismatch: 'keyExchange',
      text: 'no common key exchange method (DH group): we have none, the peer has modp1024',
    });
  });

  it('sequence number forms', () => {
    expect(select(['aes128-sha1-esn'], ['aes128-sha1'], 'esp')).toEqual({
      mismatch: 'esn',
      text: 'no common sequence number form: we have esn, the peer has noesn',
    });
  });

  it('AH against ESP', () => {
    expect(selectSuite(parse(['sha1'], 'ah'), parse(['aes128-sha1'], 'esp'), 'ah')).toEqual({
      mismatch: 'protocol',
      text: 'no common protocol: we have AH, the peer has ESP',
    });
  });

  it('a peer with hundreds of proposals cannot make the text long', () => {
    const many = Array.from({ length: 300 }, (_, index) => ({
      ...(parse(['aes128-sha1-modp2048'], 'ike')[0] as Proposal),
      encryption: new Array<'3des'>(index + 1).fill('3des'),
    }));
    const result = selectSuite(parse(['aes128-sha1-modp1024', 'aes256-sha1-modp2048'], 'ike'), many, 'ike');
    expect('text' in result && result.text.length).toBeLessThan(700);
  });
});
