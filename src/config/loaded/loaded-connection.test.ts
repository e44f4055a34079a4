import { describe, expect, it } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { Secret } from '../../base/secret.ts';
import { formatIdentity } from '../../sa/identity.ts';
import { formatSelector } from '../../sa/traffic-selector.ts';
import { isConcerned } from './loaded-connection.ts';

import {
  connection,
  errorsOf,
  NET,
  NOBODY,
  type Plain,
  read,
  SURROUNDINGS,
  tunnelsOf,
} from './testing/load-connection.ts';

describe('a connection that is loaded', () => {
  it('is one tunnel for each child, named after both', () => {
    const tunnels = tunnelsOf(
      connection({ children: { idc: NET, b: { ...NET, local_ts: '10.2.0.0/16, 10.3.0.0/16' } } }),
    );
    expect(tunnels.map(({ name, loaded }) => [name, loaded])).toEqual([
      ['idc', { connection: 'idc', child: 'idc', closeAction: 'none', lacks: undefined }],
      ['idc/b', { connection: 'idc', child: 'b', closeAction: 'none', lacks: undefined }],
    ]);
    expect(tunnels[1]?.policy.local.selectors.map(formatSelector)).toEqual(['10.2.0.0/16', '10.3.0.0/16']);
    expect(tunnels.map(({ policy }) => [policy.gateway, policy.peer])).toEqual([
      ['vici/idc', 'vici/idc'],
      ['vici/idc', 'vici/idc'],
    ]);
  });

  it('has charon’s defaults: it waits for the peer, takes any identity, and blocks nothing', () => {
    const [tunnel] = tunnelsOf(connection());
    expect(tunnel?.policy).toMatchObject({ start: 'respond', version: 2, mobike: true, blockClearText: false });
    expect(tunnel?.policy.remote.identity).toBeUndefined();
    expect(tunnel?.policy.local.identity).toEqual({ type: 'ipv4', address: '192.0.2.1' });
  });

  it('asks no peer whether it lives, unless it is told to', () => {
    expect(tunnelsOf(connection())[0]?.policy.dpd.delay).toBe(0);
    expect(tunnelsOf(connection({ dpd_delay: '8s' }))[0]?.policy.dpd).toMatchObject({ delay: 8000, action: 'clear' });
  });

  it.each([
    [{}, {}, { ikeLifetime: 15_840, ikeRekey: [14_400, 1440], childLifetime: 3960, childRekey: [3600, 360] }],
    [
      { rekey_time: '1h', over_time: '5m', rand_time: '1m' },
      { rekey_time: '20m', life_time: '1h', rand_time: '0s' },
      { ikeLifetime: 3900, ikeRekey: [3600, 60], childLifetime: 3600, childRekey: [1200, 0] },
    ],
    [{ reauth_time: '2h' }, {}, { ikeLifetime: 7920, ikeRekey: [7200, 720], reauthenticate: true }],
    [{}, { rekey_time: '0', life_time: '30m' }, { childLifetime: 1800, childRekey: 'never' }],
    [
      { reauth_time: '0' },
      { life_time: '0' },
      { ikeLifetime: 15_840, ikeRekey: [14_400, 1440], reauthenticate: false },
    ],
    [{ reauth_time: '0', over_time: '0' }, {}, { ikeLifetime: 14_401, ikeRekey: [14_400, 0] }],
    [{ rekey_time: '0' }, { rekey_time: '0' }, { ikeLifetime: 31_536_000, ikeRekey: undefined, childRekey: undefined }],
  ] as const)('%j %j rekeys as charon does', (more, net, expected) => {
    const [tunnel] = tunnelsOf(connection(more as Plain, net as Plain));
    const seconds = (value: unknown): unknown => {
      if (typeof value === 'number') return value / 1000;
      const time = value as { readonly after: number; readonly spread: number } | undefined;
      return time && [time.after / 1000, time.spread / 1000];
    };
    for (const [key, value] of Object.entries(expected)) {
      const found: unknown = tunnel?.policy[key as 'ikeRekey'];
      expect([key, typeof found === 'boolean' || found === 'never' ? found : seconds(found)]).toEqual([key, value]);
    }
  });

  it('rekeys by bytes and packets where it says', () => {
    const limits = { rekey_bytes: '500000000', life_bytes: '600000000', rekey_packets: '1000000' };
    expect(tunnelsOf(connection({}, limits))[0]?.policy.childUsage).toEqual({
      bytes: 600_000_000,
      softBytes: 500_000_000,
      spreadBytes: 100_000_000,
      packets: 1_100_000,
      softPackets: 1_000_000,
      spreadPackets: 100_000,
    });
    const spreads = { rand_bytes: '0', rand_packets: '5000' };
    expect(tunnelsOf(connection({}, { ...limits, ...spreads }))[0]?.policy.childUsage).toEqual({
      ...{ bytes: 600_000_000, softBytes: 500_000_000 },
      ...{ packets: 1_100_000, softPackets: 1_000_000, spreadPackets: 5000 },
    });
    expect(errorsOf(connection({}, { ...limits, rand_bytes: 'few' }))[0]).toMatch(/children.net.rand_bytes: .*few/);
  });

  it('answers IKEv1 beside IKEv2 where it says nothing of the version, and begins nothing in it', () => {
    const both = { version: '0', unique: 'keep', childless: 'force', mobike: 'yes' };
    const actions = { start_action: 'start', dpd_action: 'restart', close_action: 'start' };
    const [second, first, ...more] = tunnelsOf(connection(both, actions));
    expect([second?.name, first?.name, more.length]).toEqual(['idc/net', 'idc/net/ikev1', 0]);
    expect(second?.policy).toMatchObject({ version: 2, start: 'initiate', dpd: { action: 'restart' } });
    expect(first?.policy).toMatchObject({
      ...{ name: 'idc/net/ikev1', version: 1, mode: 'main', besideV2: true, start: 'respond' },
      ...{ dpd: { action: 'clear' }, peer: 'vici/idc', gateway: 'vici/idc' },
    });
    expect(first?.policy.closeAction).toBeUndefined();
    expect(first?.loaded).toEqual(second?.loaded);
  });

  it.each([
    ['a post-quantum key that is required, which would have a way around it', { ppk_id: 'k', ppk_required: 'yes' }, {}],
    ['a range of ports', {}, { local_ts: '10.0.0.0/16[tcp/1000-2000]' }],
    ['nothing but suites of IKEv2', { proposals: 'aes256-sha256-x25519-ke1_mlkem768' }, {}],
  ])('is of IKEv2 alone with %s', (_, more, net) => {
    expect(tunnelsOf(connection({ version: '0', ...more }, net)).map(({ policy }) => policy.version)).toEqual([2]);
  });

  it('may have no children', () => {
    expect(tunnelsOf(connection({ children: {} }))).toEqual([]);
  });
});

it.each([
  ['none', undefined, undefined],
  ['start', undefined, 'clear'],
  ['start', 'clear', 'clear'],
  ['start', 'trap', 'hold'],
  ['start', 'start', undefined],
  ['trap', undefined, undefined],
  ['trap', 'start', 'restart'],
  ['trap|start', undefined, 'hold'],
  ['none', 'start', 'restart'],
  ['none', 'trap', 'hold'],
])('start_action %s with close_action %s: %s when the peer closes it', (start_action, close_action, expected) => {
  const [tunnel] = tunnelsOf(connection({}, { start_action, ...(close_action && { close_action }) }));
  expect(tunnel?.policy.closeAction).toBe(expected);
  expect(tunnel?.loaded?.closeAction).toBe(
    close_action === undefined || close_action === 'clear' ? 'none' : close_action,
  );
});

it.each([
  [{}, 'start', undefined],
  [{ keyingtries: '0' }, 'start', undefined],
  [{ keyingtries: '1' }, 'start', 165_000],
  [{ keyingtries: '3' }, 'trap|start', 495_000],
  [{ keyingtries: '99999' }, 'start', 604_800_000],
  [{ keyingtries: '3' }, 'trap', undefined],
  [{ keyingtries: '3' }, 'none', undefined],
] as const)('%j with start_action %s is tried for %s ms', (more, start_action, giveUp) => {
  expect(tunnelsOf(connection(more, { start_action }))[0]?.policy.retry).toEqual({
    ...{ attempts: 3, interval: 12_000 },
    ...(giveUp && { giveUp }),
  });
});

it('a pattern of identities is for the peers that fit it, each with its own key', () => {
  const key = (owners: readonly string[], text: string) =>
    ({ kind: 'ike', owners, secret: new Secret(utf8(text.repeat(20))) }) as const;
  const keys = [key(['carol@example.org'], 'a'), key(['dave@example.com'], 'b'), key([], 'c')];
  const given = connection({ remote_addrs: '%any', remote: { auth: 'psk', id: '*@example.org' } });
  const [tunnel] = tunnelsOf(given, { keys });
  expect(tunnel?.policy.remote.pattern).toEqual({ type: 'rfc822', suffix: '@example.org' });
  expect(tunnel?.policy.many?.keys.map(({ identity }) => formatIdentity(identity))).toEqual(['carol@example.org']);
  expect(tunnel?.policy.many?.common).toBe(keys[2]?.secret);
  const [one] = tunnelsOf(connection({ remote: { auth: 'psk', id: '*.example.org' } }), { keys });
  expect(one?.policy.remote).toMatchObject({ pattern: { type: 'fqdn', suffix: '.example.org' } });
  expect([one?.policy.many, one?.policy.remote.identity, one?.policy.psk]).toEqual([
    undefined,
    undefined,
    keys[2]?.secret,
  ]);
});

it('dynamic is no segment of a peer that has several addresses', () => {
  const errors = errorsOf(connection({ remote_addrs: '203.0.113.7, 203.0.113.8' }, { remote_ts: 'dynamic' }));
  expect(errors).toContain(
    "connection idc, children.net.remote_ts: remote_ts must be written, as the end's own address is not",
  );
});

describe('the addresses of the peer', () => {
  const net = { start: '198.51.100.0', end: '198.51.100.255' };
  const [first, second] = ['203.0.113.7', '203.0.113.8'].map((address) => ({ kind: 'address', address }));

  it.each([
    ['203.0.113.7, 203.0.113.8', { address: first, alternatives: [second] }],
    ['203.0.113.7, vpn.example.com', { address: first, alternatives: [{ kind: 'name', name: 'vpn.example.com' }] }],
    ['198.51.100.0/24, 203.0.113.7', { address: first, alternatives: undefined, within: [net] }],
    ['198.51.100.0-198.51.100.255', { address: { kind: 'any' }, within: [net] }],
    ['198.51.100.0/24, %any', { address: { kind: 'any' }, within: undefined }],
  ])('%s', (remote_addrs, expected) => {
    const [tunnel] = tunnelsOf(
      connection({ remote_addrs, remote: { auth: 'psk', id: 'x' } }, { start_action: 'start' }),
    );
    const { address, alternatives, within } = tunnel?.policy.remote ?? expect.unreachable();
    expect({ address, alternatives, within }).toEqual({ alternatives: undefined, within: undefined, ...expected });
    expect(tunnel?.policy.start).toBe(address.kind === 'any' ? 'respond' : 'initiate');
  });
});

it('one end may have all of the Internet, and the other a part of it', () => {
  const result = read(connection({}, { remote_ts: ['0.0.0.0/0'] }));
  if ('errors' in result) throw new Error(JSON.stringify(result.errors));
  expect(result.warnings.map(({ file, message: text }) => `${file}: ${text}`)).toContain(
    'connection idc, children.net.remote_ts: 0.0.0.0/0 contains the local segment 10.0.0.0/16: what goes between local segments stays out of the tunnel',
  );
});

describe('the key of a connection', () => {
  const keys = (...of: readonly (readonly [string, ...string[]])[]) =>
    of.map(([text, ...owners]) => ({ kind: 'ike' as const, owners, secret: new Secret(utf8(text)) }));
  const given = connection({ local: { auth: 'psk', id: 'moon' }, remote: { auth: 'psk', id: 'sun' } });

  it.each([
    [keys(['any'], ['one', 'sun'], ['two', 'sun', 'moon'])],
    [keys(['two', 'moon', 'sun'], ['one', 'moon'], ['other', 'sun', 'mars'])],
    [keys(['one', 'moon', '%any'], ['two', 'moon', 'sun'])],
  ])('is the one that names most of its ends', (some) => {
    const [tunnel] = tunnelsOf(given, { keys: some });
    expect(tunnel?.policy.psk.expose()).toEqual(utf8('two'));
  });

  it('may be longer than a line of a file can have', () => {
    const [tunnel] = tunnelsOf(given, { keys: keys(['x'.repeat(4000)]) });
    expect(tunnel?.policy.psk.expose()).toHaveLength(4000);
  });

  it('is waited for where it is not loaded yet', () => {
    const [tunnel] = tunnelsOf(connection({ local: { auth: 'psk', id: 'moon' } }, { start_action: 'start' }), {
      keys: [],
    });
    expect(tunnel).toMatchObject({
      enabled: true,
      policy: { start: 'respond' },
      loaded: { lacks: 'no shared key is loaded for moon and 203.0.113.7' },
    });
    expect(tunnel?.policy.psk).toBe(NOBODY);
  });

  it('can be post-quantum as well, and is waited for, too', () => {
    const ppk = { kind: 'ppk' as const, owners: ['q'], secret: new Secret(utf8('quantum')) };
    const wants = connection({ ppk_id: 'q', ppk_required: 'yes' });
    const [tunnel] = tunnelsOf(wants, { keys: [...SURROUNDINGS.keys, ppk] });
    expect(tunnel?.policy.ppk).toMatchObject({ id: 'q', required: true });
    expect(tunnel?.policy.ppk?.secret.expose()).toEqual(utf8('quantum'));
    expect(tunnelsOf(wants)[0]?.loaded?.lacks).toBe('no post-quantum key is loaded for q');
  });
});

describe('a connection for many peers', () => {
  const road = connection({ remote_addrs: '%any', local: { auth: 'psk', id: 'moon' } }, { remote_ts: 'dynamic' });
  const manyWith = (...of: readonly (readonly [string, ...string[]])[]) => {
    const keys = of.map(([text, ...owners]) => ({ kind: 'ike' as const, owners, secret: new Secret(utf8(text)) }));
    const [tunnel] = tunnelsOf(road, { keys });
    const { many } = tunnel?.policy ?? {};
    return {
      lacks: tunnel?.loaded?.lacks,
      common: many?.common?.expose(),
      keys: many?.keys.map(({ identity, psk }) => [formatIdentity(identity), psk.expose()]),
    };
  };

  it('has the key of each peer, and for all others the one that names no peer', () => {
    expect(manyWith(['c', 'carol'], ['d', 'moon', 'dave'], ['other', 'sun', 'dave'], ['m', 'moon'], ['all'])).toEqual({
      lacks: undefined,
      common: utf8('m'),
      keys: [
        ['carol', utf8('c')],
        ['dave', utf8('d')],
        ['sun', utf8('other')],
      ],
    });
  });

  it('lets nobody in with the key of another one, nor without any', () => {
    expect(manyWith(['d', 'moon', 'dave'])).toEqual({
      lacks: undefined,
      common: undefined,
      keys: [['dave', utf8('d')]],
    });
    expect(manyWith()).toEqual({ lacks: expect.stringContaining('no shared key'), common: undefined, keys: [] });
  });

  it('is read again for every key that comes or goes', () => {
    const result = read(road);
    if ('errors' in result) throw new Error('is refused');
    const key = { kind: 'ike' as const, owners: ['carol'], secret: new Secret(utf8('c')) };
    expect([isConcerned(result, undefined, key), isConcerned(result, key, undefined)]).toEqual([true, true]);
    expect(isConcerned(result, undefined, { ...key, kind: 'ppk' })).toBe(false);
  });
});

describe('the address of this machine', () => {
  it.each([
    [{ local_addrs: '%any' }, ['192.0.2.1', '10.0.0.1']],
    [{ local_addrs: [] }, ['192.0.2.1', '10.0.0.1']],
    [{ local_addrs: '192.0.2.9, 192.0.2.8' }, ['192.0.2.9', '192.0.2.8']],
    [{ local_addrs: '10.0.0.0/8' }, ['10.0.0.1']],
    [{ local_addrs: '192.0.2.0-192.0.2.7,10.0.0.1' }, ['192.0.2.1', '10.0.0.1']],
    [{ local_addrs: '%any', remote_addrs: '2001:db8::7' }, ['2001:db8::1']],
    [{ local_addrs: '%any', remote_addrs: '%any', remote: { auth: 'psk', id: 'x' } }, ['192.0.2.1', '10.0.0.1']],
    [{ local_addrs: '%any', remote_addrs: 'vpn.example.com' }, ['192.0.2.1', '10.0.0.1']],
  ] as const)('%j is %j', (more, expected) => {
    const [tunnel] = tunnelsOf(connection(more as Plain));
    expect([tunnel?.policy.local.address, ...(tunnel?.policy.local.alternatives ?? [])]).toEqual(expected);
  });

  it('is waited for where there is none', () => {
    const own = { towards: () => undefined, all: () => [] };
    const [tunnel] = tunnelsOf(connection({ local_addrs: '%any' }), { own });
    expect(tunnel).toMatchObject({
      enabled: false,
      loaded: { lacks: 'this machine has no address for a way to 203.0.113.7 yet' },
    });
  });
});
it('the peer’s identity is told as it was written', () => {
  const [tunnel] = tunnelsOf(connection({ remote: { auth: 'psk', id: '@sun.example.com' } }));
  expect(tunnel?.policy.remote.identity && formatIdentity(tunnel.policy.remote.identity)).toBe('sun.example.com');
});
