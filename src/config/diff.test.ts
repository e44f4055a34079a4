import { describe, expect, it } from 'vitest';
import { diffConfigurations } from './diff.ts';
import { loadText, tunnelText } from './testing/load-text.ts';

const change = (before: string, after: string) => diffConfigurations(loadText(before), loadText(after));

describe('diffConfigurations', () => {
  const BASE = tunnelText('local: {id: "@#0102", subnets: [10.0.0.0/16]}');

  it.each([
    ['the same text', BASE],
    ['comments', BASE.replace('tunnels:', 'tunnels: # all of them')],
    ['remarks and labels', tunnelText('local: {id: "@#0102", subnets: [10.0.0.0/16]}\nremarks: new\nlabels: {a: b}')],
    ['a default written out', tunnelText('local: {id: "@#0102", subnets: [10.0.0.0/16]}\nike: {dhGroup: 2}')],
    ['a peer that it does not use', BASE.replace('vpn.example.com', 'other.example.com')],
    [
      'the key in another form',
      BASE.replace('abcdefghijklmnopqrstuvwxyz', `0x${Buffer.from('abcdefghijklmnopqrstuvwxyz').toString('hex')}`),
    ],
  ])('%s changes nothing', (_, after) => {
    expect(change(BASE, after)).toEqual([{ tunnel: 't', change: 'unchanged' }]);
  });

  it.each([
    ['the key', BASE.replace('abcdef', 'bbcdef')],
    ['a post-quantum key', tunnelText('local: {id: "@#0102", subnets: [10.0.0.0/16]}\nppk: {id: a, secret: b}')],
    ['an identity of bytes', BASE.replace('0102', '0103')],
    ['the address of its peer', BASE.replace('203.0.113.7', '203.0.113.8')],
    ['the address of its gateway', BASE.replace('192.0.2.1', '192.0.2.7')],
    ['a segment', BASE.replace('10.1.0.0', '10.9.0.0')],
    ['a default of all', BASE.replace('version: 1\n', 'version: 1\nprofile: modern\n')],
    ['whether it is enabled', tunnelText('local: {id: "@#0102", subnets: [10.0.0.0/16]}\nenabled: false')],
  ])('%s changes the tunnel', (_, after) => {
    expect(change(BASE, after)).toEqual([{ tunnel: 't', change: 'changed' }]);
  });

  it('each part of a post-quantum key changes the tunnel, another spelling of it does not', () => {
    const ppk = (text: string) => tunnelText(`ppk: ${text}`);
    const before = ppk('{id: a, secret: b}');
    for (const after of ['{id: b, secret: b}', '{id: a, secret: c}', '{id: a, secret: b, required: false}'])
      expect(change(before, ppk(after))).toEqual([{ tunnel: 't', change: 'changed' }]);
    expect(change(before, ppk('{required: true, secret: 0x62, id: a}'))).toEqual([
      { tunnel: 't', change: 'unchanged' },
    ]);
    expect(change(before, tunnelText())).toEqual([{ tunnel: 't', change: 'changed' }]);
  });

  it('tells what is new and what is gone', () => {
    expect(change(BASE, BASE.replace('  t:', '  u:'))).toEqual([
      { tunnel: 'u', change: 'added' },
      { tunnel: 't', change: 'removed' },
    ]);
  });
});
