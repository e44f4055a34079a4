import { describe, expect, it } from 'vitest';
import { loadTunnel } from './testing/load-text.ts';
import { weakChoices } from './weak-choices.ts';

const GOOD_IKE = 'ike: {encryption: aes256, authentication: sha256, dhGroup: 14}';
const GOOD_IPSEC = 'ipsec: {encryption: aes256, authentication: sha256, pfs: 14}';

/** Of a tunnel that is careful in all else; its key counts as kept elsewhere unless the text names one. */
function weaknesses(more: string): string[] {
  const given = more.split('\n').map((line) => line.split(':')[0]);
  const rest = [GOOD_IKE, GOOD_IPSEC].filter((line) => !given.includes(line.split(':')[0]));
  const tunnel = loadTunnel([...rest, more].join('\n'));
  const choices = weakChoices(given.includes('psk') ? tunnel : { ...tunnel, pskSource: 'env' });
  return choices.map(({ keys, text }) => `${keys[0]}: ${text}`);
}

describe('weakChoices', () => {
  it('a careful choice is not blamed', () => {
    expect(weaknesses('')).toEqual([]);
    expect(weaknesses('ike: {proposals: [aes256gcm16-prfsha384-ecp384, chacha20poly1305-prfsha256-x25519]}')).toEqual(
      [],
    );
  });

  it.each([
    [
      'ike: {dhGroup: 2}',
      [
        'ike.dhGroup: stage 1 uses group 2 (modp1024), which should not be used any more (RFC 8247); better: 14, 19 or 31',
      ],
    ],
    [
      'ike: {dhGroup: 1}',
      ['ike.dhGroup: stage 1 uses group 1 (modp768), which must not be used any more (RFC 8247); better: 14, 19 or 31'],
    ],
    [
      'ike: {dhGroup: 14, authentication: md5}',
      ['ike.authentication: stage 1 uses md5, which must not be used any more (RFC 8247); better: sha256'],
    ],
    [
      'ike: {proposals: [aes128gcm16-prfmd5-modp2048]}',
      ['ike.authentication: stage 1 uses prfmd5, which must not be used any more (RFC 8247); better: sha256'],
    ],
    [
      'ipsec: {encryption: 3des, pfs: 14}',
      [
        'ipsec.encryption: stage 2 uses 3des, which should not be used any more (RFC 8221); better: aes128 or aes256gcm16',
      ],
    ],
    [
      'ipsec: {authentication: md5, pfs: 24}',
      [
        'ipsec.authentication: stage 2 uses md5, which must not be used any more (RFC 8221); better: sha256',
        'ipsec.pfs: stage 2 uses group 24 (modp2048s256), which should not be used any more (RFC 8247); better: 14, 19 or 31',
      ],
    ],
    ['ipsec: {pfs: none}', ['ipsec.pfs: without PFS, whoever learns one key can read the traffic of all']],
    [
      'ipsec: {protocol: ah, pfs: 14}',
      ['ipsec.protocol: AH does not encrypt: everyone on the way can read the traffic'],
    ],
    ['ike: {version: 1, dhGroup: 14}', ['ike.version: IKEv1 is obsolete (RFC 9395); use version 2 where the peer can']],
    [
      'ike: {version: 1, mode: aggressive, dhGroup: 14}',
      [
        'ike.version: IKEv1 is obsolete (RFC 9395); use version 2 where the peer can',
        'ike.mode: aggressive mode lets anyone who asks guess the pre-shared key offline; use main where it works',
      ],
    ],
    [
      'ike: {version: 1, dhGroup: 14}\npeer: any\nremote: {id: a.b, subnets: [10.1.0.0/16]}',
      [
        'ike.version: IKEv1 is obsolete (RFC 9395); use version 2 where the peer can',
        'ike.mode: in main mode the key of a peer of 0.0.0.0 must be found by trial, before its identity is known',
      ],
    ],
    [
      'ike: {version: 1, dhGroup: 14}\npeer: named',
      [
        'ike.version: IKEv1 is obsolete (RFC 9395); use version 2 where the peer can',
        'ike.mode: in main mode the key of a peer that is given by name must be found by trial where it calls, before its identity is known; give its address',
      ],
    ],
    [
      'psk: nineteen-characters',
      [
        'psk: the pre-shared key is shorter than 20 characters and can be guessed; use a random one',
        'psk: the pre-shared key stands in the configuration; use {file}, {credential} or {env}',
      ],
    ],
    [
      'ppk: {id: a, secret: thirty-one-characters-are-few..}',
      [
        'ppk.secret: the post-quantum key is shorter than 32 characters; use at least 256 random bits (RFC 8784)',
        'ppk.secret: the post-quantum key stands in the configuration; use {file}, {credential} or {env}',
      ],
    ],
    [
      'ppk: {id: a, secret: thirty-two-characters-are-enough}\nipsec: {proposals: [aes128gcm16-aes256gcm16-x25519]}',
      [
        'ppk.secret: the post-quantum key stands in the configuration; use {file}, {credential} or {env}',
        'ipsec.encryption: stage 2 uses aes128gcm16, whose keys are too short against the quantum computers that ppk is for (RFC 8784); better: aes256 or aes256gcm16',
      ],
    ],
    [
      'psk: twenty-characters-it',
      ['psk: the pre-shared key stands in the configuration; use {file}, {credential} or {env}'],
    ],
  ])('%s', (more, expected) => {
    expect(weaknesses(more)).toEqual(expected);
  });

  it('an algorithm of several proposals is named once', () => {
    expect(weaknesses('ike: {proposals: [aes128-sha1-modp1024, aes256-sha1-modp1024]}')).toHaveLength(1);
  });
});
