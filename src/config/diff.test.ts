import { describe, expect, it } from 'vitest';
import { diffConfigurations } from './diff.ts';
import { loadText, tunnelText } from './testing/load-text.ts';

const diff = (before: string, after: string) => diffConfigurations(loadText(before), loadText(after));

/** What is told of the one tunnel, without what is empty. */
const change = (before: string, after: string) => {
  const [only, ...more] = diff(before, after);
  if (only === undefined || more.length > 0) throw new Error('not one tunnel');
  const told = Object.entries(only).filter(
    ([, value]) => value !== false && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(told);
};

const LOCAL = 'local: {id: "@#0102", subnets: [10.0.0.0/16]}';

describe('diffConfigurations', () => {
  const BASE = tunnelText(LOCAL);

  it.each([
    ['the same text', BASE],
    ['comments', BASE.replace('tunnels:', 'tunnels: # all of them')],
    ['remarks and labels', tunnelText(`${LOCAL}\nremarks: new\nlabels: {a: b}`)],
    ['a default written out', tunnelText(`${LOCAL}\nike: {dhGroup: 2}\nipsec: {encapsulation: auto}`)],
    ['a peer that it does not use', BASE.replace('vpn.example.com', 'other.example.com')],
    [
      'the key in another form',
      BASE.replace('abcdefghijklmnopqrstuvwxyz', `0x${Buffer.from('abcdefghijklmnopqrstuvwxyz').toString('hex')}`),
    ],
  ])('%s changes nothing', (_, after) => {
    expect(change(BASE, after)).toEqual({ tunnel: 't', change: 'unchanged' });
  });

  it('the names of gateway and peer change nothing', () => {
    const after = BASE.replaceAll(/\bgw\b/g, 'north').replaceAll(/\bthere\b/g, 'far');
    expect(change(BASE, after)).toEqual({ tunnel: 't', change: 'unchanged' });
  });

  it.each([
    ['the key', 'psk', BASE.replace('abcdef', 'bbcdef')],
    ['a post-quantum key', 'ppk', tunnelText(`${LOCAL}\nppk: {id: a, secret: b}`)],
    ['an identity of bytes', 'local.id', BASE.replace('0102', '0103')],
    ['the address of its gateway', 'gateways.address', BASE.replace('192.0.2.1', '192.0.2.7')],
    ['the version', 'ike.version', tunnelText(`${LOCAL}\nike: {version: 1}`)],
    ['the protocol', 'ipsec.protocol', tunnelText(`${LOCAL}\nipsec: {protocol: ah}`)],
    ['ESP in UDP', 'ipsec.encapsulation', tunnelText(`${LOCAL}\nipsec: {encapsulation: udp}`)],
    ['whether it is enabled', 'enabled', tunnelText(`${LOCAL}\nenabled: false`)],
  ])('%s takes a new beginning', (_, key, after) => {
    const { keys, ...rest } = change(BASE, after);
    expect(rest).toMatchObject({ tunnel: 't', change: 'changed', reconnect: true });
    expect(keys).toContain(key);
  });

  it.each([
    ['proposals of stage 1', { keys: ['ike.proposals'], renew: ['ike'] }, `${LOCAL}\nike: {dhGroup: 14}`],
    ['the lifetime of stage 1', { keys: ['ike.lifetime'], renew: ['ike'] }, `${LOCAL}\nike: {lifetime: 2h}`],
    ['proposals of stage 2', { keys: ['ipsec.proposals'], renew: ['child'] }, `${LOCAL}\nipsec: {pfs: none}`],
    ['the lifetime of stage 2', { keys: ['ipsec.lifetime'], renew: ['child'] }, `${LOCAL}\nipsec: {lifetime: 2h}`],
    ['routes', { keys: ['routes'], renew: ['child'] }, `${LOCAL}\nroutes: false`],
    ['dead peer detection', { keys: ['dpd'] }, `${LOCAL}\ndpd: {delay: 9s}`],
    ['how it starts', { keys: ['start'] }, `${LOCAL}\nstart: respond`],
  ])('%s: it goes on, with new keys where need be', (_, expected, changes) => {
    expect(change(BASE, tunnelText(changes))).toEqual({ tunnel: 't', change: 'changed', ...expected });
  });

  it('names the pairs of segments that come and go', () => {
    expect(change(BASE, tunnelText('local: {id: "@#0102", subnets: [10.0.0.0/16, 10.5.0.0/16]}'))).toEqual({
      tunnel: 't',
      change: 'changed',
      keys: ['local.subnets'],
      addedPairs: [{ local: '10.5.0.0/16', remote: '10.1.0.0/16' }],
    });
    expect(change(BASE, BASE.replace('10.1.0.0', '10.9.0.0'))).toMatchObject({
      addedPairs: [{ local: '10.0.0.0/16', remote: '10.9.0.0/16' }],
      droppedPairs: [{ local: '10.0.0.0/16', remote: '10.1.0.0/16' }],
    });
  });

  it('each part of a post-quantum key changes the tunnel, another spelling of it does not', () => {
    const ppk = (text: string) => tunnelText(`ppk: ${text}`);
    const before = ppk('{id: a, secret: b}');
    for (const after of ['{id: b, secret: b}', '{id: a, secret: c}', '{id: a, secret: b, required: false}'])
      expect(change(before, ppk(after))).toMatchObject({ change: 'changed', keys: ['ppk'] });
    expect(change(before, ppk('{required: true, secret: 0x62, id: a}'))).toEqual({ tunnel: 't', change: 'unchanged' });
    expect(change(before, tunnelText())).toMatchObject({ change: 'changed' });
  });

  it('knows a tunnel again under another name where nothing else differs', () => {
    expect(change(BASE, BASE.replace('  t:', '  u:'))).toEqual({ tunnel: 'u', was: 't', change: 'unchanged' });
  });

  it('tells what is new and what is gone', () => {
    const after = BASE.replace('  t:', '  u:').replace('10.1.0.0', '10.9.0.0');
    expect(diff(BASE, after)).toMatchObject([
      { tunnel: 'u', change: 'added' },
      { tunnel: 't', change: 'removed' },
    ]);
  });
});
