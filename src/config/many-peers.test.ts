import { describe, expect, it } from 'vitest';
import { formatIdentity } from '../sa/identity.ts';
import { hostSelector } from '../sa/traffic-selector.ts';
import { diffConfigurations } from './diff.ts';
import { loadConfiguration } from './load.ts';
import { formatProblem } from './problem.ts';
import { loadText, loadTunnel, tunnelText } from './testing/load-text.ts';
import { memoryHost } from './testing/memory-host.ts';

const MANY = `peer: any
remote: {id: any, limit: 20, subnets: [dynamic]}
psk: abcdefghijklmnopqrstuvwxyz
keys: [{id: carol@example.com, psk: the-key-of-carol-and-nobody-else}, {id: 192.0.2.9, psk: {file: nine.psk}}]`;

const FILES = { '/etc/cygnet/nine.psk': 'the-key-of-192.0.2.9\n' };

function policyOf(text: string) {
  const [tunnel] = loadText(text, FILES).tunnels;
  if (tunnel === undefined) throw new Error('no tunnel');
  return tunnel.policy;
}

function problems(more: string): string[] {
  const path = '/etc/cygnet/cygnet.yaml';
  const result = loadConfiguration(path, memoryHost({ [path]: tunnelText(more), ...FILES }));
  return 'errors' in result ? result.errors.map(formatProblem) : [];
}

describe('a tunnel for many peers, as it is written', () => {
  it('has the keys of single peers, the one of all others, and a limit', () => {
    const { many, remote, start } = policyOf(tunnelText(MANY));
    expect(
      many?.keys.map(({ identity, psk }) => [formatIdentity(identity), String.fromCharCode(...psk.expose())]),
    ).toEqual([
      ['carol@example.com', 'the-key-of-carol-and-nobody-else'],
      ['192.0.2.9', 'the-key-of-192.0.2.9'],
    ]);
    expect(String.fromCharCode(...(many?.common?.expose() ?? []))).toBe('abcdefghijklmnopqrstuvwxyz');
    expect(many?.limit).toBe(20);
    expect(remote).toEqual({ address: { kind: 'any' }, selectors: [], dynamic: [hostSelector('0.0.0.0')] });
    expect(start).toBe('respond');
  });

  it('may be for those alone whose names end alike', () => {
    const { many, remote } = policyOf(tunnelText(MANY.replace('id: any', 'id: any, pattern: "*@example.com"')));
    expect(remote.pattern).toEqual({ type: 'rfc822', suffix: '@example.com' });
    expect(many?.limit).toBe(20);
  });

  it('needs no key for all others, and may have segments of its own', () => {
    const { many, remote } = policyOf(
      tunnelText(MANY.replace(/psk: abc.*\n/, '').replace('[dynamic]', '[10.9.0.0/16, dynamic]')).replace(
        / {4}psk: abc.*\n/,
        '',
      ),
    );
    expect(many).not.toHaveProperty('common');
    expect(remote.selectors).toHaveLength(1);
    expect(remote.dynamic).toHaveLength(1);
  });

  it('is for one peer at most where it names that, whose segment is its address', () => {
    const { many } = policyOf(tunnelText('peer: any\nremote: {id: carol@example.com, subnets: [dynamic]}'));
    expect(many).toMatchObject({ limit: 1, keys: [{ identity: { type: 'rfc822', name: 'carol@example.com' } }] });
    expect(many).not.toHaveProperty('common');
  });

  it('is an ordinary tunnel where its one peer has segments', () => {
    expect(
      policyOf(tunnelText('peer: any\nremote: {id: carol@example.com, subnets: [10.7.0.0/16]}')).many,
    ).toBeUndefined();
  });

  it.each([
    ['keys: [{id: a.example, psk: abcdefghijklmnopqrst}]', 'tunnels.t.keys: is for a tunnel with any number of peers'],
    ['remote: {id: any, limit: 5, subnets: [10.1.0.0/16]}', 'tunnels.t.remote.limit: is for a tunnel with any number'],
    [
      'peer: named\nremote: {subnets: [dynamic]}',
      'remote.subnets[0]: dynamic is the address of the peer, which is given',
    ],
    ['remote: {subnets: [0.0.0.0/32]}', `"0.0.0.0/32" is nobody's address`],
    ['remote: {subnets: ["dynamic[nonsense]"]}', '"dynamic[nonsense]"'],
    [MANY.replace('192.0.2.9', 'CAROL@example.com'), 'keys[1].id: CAROL@example.com has a key already'],
    [MANY.replace('nine.psk', 'ten.psk'), 'keys[1].psk: /etc/cygnet/ten.psk cannot be read'],
  ])('%j is refused', (more, message) => {
    expect(problems(more).join('\n')).toContain(message);
  });
});

describe('dynamic', () => {
  it('is the address of the end itself, with its protocol and ports', () => {
    const { local, remote } = loadTunnel('local: {subnets: [dynamic]}\nremote: {subnets: ["dynamic[tcp/22]"]}').policy;
    expect(local).toMatchObject({ selectors: [hostSelector('192.0.2.1')], dynamic: true });
    expect(remote.selectors).toEqual([{ ...hostSelector('203.0.113.7'), protocol: 6, startPort: 22, endPort: 22 }]);
    expect(remote).not.toHaveProperty('dynamic');
  });
});

describe('a changed tunnel for many peers', () => {
  const changed = (replace: string, by: string) => {
    const [change] = diffConfigurations(
      loadText(tunnelText(MANY), FILES),
      loadText(tunnelText(MANY.replace(replace, by)), FILES),
    );
    return { keys: change?.keys, reconnect: change?.reconnect };
  };

  it('goes on with those peers whose keys stay', () => {
    expect(changed('of-carol', 'of-another')).toEqual({ keys: ['keys'], reconnect: false });
    expect(changed('abcdefg', 'gfedcba')).toEqual({ keys: ['keys'], reconnect: false });
    expect(changed('limit: 20', 'limit: 30')).toEqual({ keys: ['remote.limit'], reconnect: false });
    expect(changed('[dynamic]', '[dynamic, 10.9.0.0/16]')).toEqual({ keys: ['remote.subnets'], reconnect: false });
  });

  it('begins anew where it is for one peer now', () => {
    expect(changed('id: any, limit: 20, subnets: [dynamic]', 'id: any, subnets: [dynamic]').reconnect).toBe(false);
    const before = loadText(tunnelText(MANY), FILES);
    const after = loadText(tunnelText('peer: any\nremote: {id: carol@example.com, subnets: [10.7.0.0/16]}'));
    expect(diffConfigurations(before, after)[0]?.reconnect).toBe(true);
  });
});
