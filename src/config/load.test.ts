import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { formatIdentity } from '../sa/identity.ts';
import { formatProposal } from '../sa/proposal.ts';
import { formatSelector } from '../sa/traffic-selector.ts';
import type { Tunnel } from './configuration.ts';
import { tunnelPolicies } from './configuration.ts';
import { loadConfiguration } from './load.ts';
import { formatProblem } from './problem.ts';
import { BAD, edited, GOOD } from './testing/bad-configurations.ts';
import { loadText, loadTunnel, tunnelText } from './testing/load-text.ts';
import { memoryHost } from './testing/memory-host.ts';

const EXTRA_FILES = { '/etc/blank.psk': 'a b\n', '/etc/keys/idc.open': 'k' };

function problemsOf(text: string, severity: 'error' | 'warning') {
  const host = memoryHost({ '/etc/cygnet.yaml': text, ...EXTRA_FILES });
  const result = loadConfiguration('/etc/cygnet.yaml', host);
  return ('errors' in result ? result.errors : result.warnings).filter((problem) => problem.severity === severity);
}

describe('a bad configuration is refused at the right place', () => {
  it('the one that the bad ones are made of is good', () => {
    expect(problemsOf(GOOD, 'error')).toEqual([]);
  });

  it.each(BAD)('%j -> %j', (replace, by, ...expected) => {
    const errors = problemsOf(edited(replace, by), 'error');
    expect(errors.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual(expected);
  });

  it('no complaint quotes a pre-shared key', () => {
    const keys = BAD.filter(([replace]) => replace.startsWith('psk: secret'));
    expect(keys.length).toBeGreaterThan(20);
    for (const [replace, by] of keys) {
      const text = edited(replace, by.replaceAll('secret', 'Zq7hunter'));
      const told = problemsOf(text, 'error').map((problem) => problem.message);
      expect(told.join()).not.toContain('Zq7hunter');
    }
  });

  it('a file that is not there', () => {
    expect(loadConfiguration('/etc/none.yaml', memoryHost({}))).toEqual({
      errors: [
        {
          file: '/etc/none.yaml',
          line: 1,
          column: 1,
          severity: 'error',
          message: '/etc/none.yaml cannot be read: there is no such file',
        },
      ],
    });
  });

  it.each([
    ['', '1:1 version: is required; begin the file with version: 1'],
    ['# nothing\n', '1:1 version: is required; begin the file with version: 1'],
    ['just text\n', '1:1 must be a mapping, as in {key: value}'],
    ['- a\n', '1:1 must be a mapping, as in {key: value}'],
    ['version: 1\ntunnels: {t: }\n', '2:11 tunnels.t: has no value'],
  ])('%j', (text, expected) => {
    expect(problemsOf(text, 'error').map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
      expected,
    ]);
  });

  it('aliases that multiply', () => {
    const levels = Array.from({ length: 8 }, (_, n) => `  - &a${n + 1} [${`*a${n}, `.repeat(9)}]`);
    const text = ['version: 1', 'include:', '  - &a0 [x]', ...levels].join('\n');
    expect(problemsOf(text, 'error').map((problem) => problem.message)).toEqual([
      'aliases stand for more than 100 values',
    ]);
  });

  it('an alias shares a value, and its problem is told where the value is used', () => {
    const text = 'version: 1\ngateways:\n  a: &g {address: 192.0.2.1}\n  b: *g\npeers: &p\n  x: {address: nope!}\n';
    expect(problemsOf(text, 'error').map(({ line, column }) => `${line}:${column}`)).toEqual(['6:16']);
    expect(loadText(text.replace('nope!', '192.0.2.9')).gateways.map((gateway) => gateway.address)).toEqual([
      '192.0.2.1',
      '192.0.2.1',
    ]);
  });
});

const facts = ({ policy }: Tunnel) => ({
  local: `${policy.local.address} ${formatIdentity(policy.local.identity)} ${policy.local.selectors.map(formatSelector)}`,
  remoteId: policy.remote.identity && formatIdentity(policy.remote.identity),
  remote: policy.remote.selectors.map(formatSelector),
  ike: `v${policy.version} ${policy.mode} ${policy.ikeProposals.map(formatProposal)} ${policy.ikeLifetime}`,
  child: `${policy.childProtocol} ${policy.childProposals.map(formatProposal)} ${policy.childLifetime}`,
});

const DESIGN_EXAMPLE = `version: 1
include: [conf.d/*.yaml]
dataplane: auto                 # auto | kernel | userspace
gateways:
  gw1: {address: 192.168.93.46, publicAddress: 106.75.234.78, vpc: [10.0.192.0/20], labels: {env: prod}, remarks: text}
peers:
  idc: {address: 113.31.113.78}
tunnels:
  idc:
    enabled: true
    gateway: gw1
    peer: idc
    local:  {id: 106.75.234.78, subnets: [10.0.192.0/20]}
    remote: {id: 113.31.113.78, subnets: [10.23.0.0/16]}
    psk: test.1231
    start: initiate
    ike:   {version: 2, encryption: aes128, authentication: sha1, dhGroup: 2, lifetime: 86400s}
    ipsec: {protocol: esp, encryption: aes128, authentication: sha1, pfs: 2, lifetime: 86400s}
    dpd:   {delay: 8s, timeout: 13s, action: restart}
    retry: {attempts: 3, interval: 12s}
`;

describe('a post-quantum key', () => {
  const FILES = { '/etc/cygnet/q.ppk': 'from-a-file\n', '/run/c/q': '0x00ff\n' };
  const ppkOf = (ppk: string) => {
    const environment = { CREDENTIALS_DIRECTORY: '/run/c', QKD: 'from-the-environment' };
    const [tunnel] = loadText(tunnelText(`ppk: ${ppk}`), FILES, environment).tunnels;
    const key = tunnel?.policy.ppk;
    return { ...key, secret: key?.secret.expose(), source: tunnel?.ppkSource };
  };

  it.each([
    ['{id: a, secret: text}', utf8('text'), 'inline'],
    ['{id: a, secret: 0sAQID}', Uint8Array.of(1, 2, 3), 'inline'],
    ['{id: a, secret: {file: q.ppk}}', utf8('from-a-file'), 'file'],
    ['{id: a, secret: {credential: q}}', Uint8Array.of(0, 255), 'credential'],
    ['{id: a, secret: {env: QKD}}', utf8('from-the-environment'), 'env'],
  ])('%s; it is required unless the contrary is said', (text, secret, source) => {
    expect(ppkOf(text)).toEqual({ id: 'a', secret, source, required: true });
  });

  it('need not be required', () => {
    expect(ppkOf('{id: key-1@qkd, secret: text, required: false}')).toMatchObject({ id: 'key-1@qkd', required: false });
  });
});

describe('a good configuration', () => {
  it('the example with everything written out', () => {
    const configuration = loadText(DESIGN_EXAMPLE);
    expect(configuration.dataplane).toBe('auto');
    const [policy] = tunnelPolicies(configuration);
    expect({ ...policy, psk: policy?.psk.expose() }).toEqual({
      name: 'idc',
      gateway: 'gw1',
      peer: 'idc',
      version: 2,
      mode: 'main',
      mobike: true,
      local: {
        address: '192.168.93.46',
        identity: { type: 'ipv4', address: '106.75.234.78' },
        selectors: [{ protocol: 0, startPort: 0, endPort: 65_535, start: '10.0.192.0', end: '10.0.207.255' }],
      },
      remote: {
        address: { kind: 'address', address: '113.31.113.78' },
        identity: { type: 'ipv4', address: '113.31.113.78' },
        selectors: [{ protocol: 0, startPort: 0, endPort: 65_535, start: '10.23.0.0', end: '10.23.255.255' }],
      },
      psk: utf8('test.1231'),
      ikeProposals: [
        {
          protocol: 'ike',
          encryption: ['aes128'],
          integrity: ['sha1'],
          prf: ['prfsha1'],
          keyExchange: ['modp1024'],
          esn: [],
        },
      ],
      childProposals: [
        {
          protocol: 'esp',
          encryption: ['aes128'],
          integrity: ['sha1'],
          prf: [],
          keyExchange: ['modp1024'],
          esn: [false],
        },
      ],
      childProtocol: 'esp',
      ikeLifetime: 86_400_000,
      singlePairs: false,
      reauthenticate: false,
      childless: false,
      childLifetime: 86_400_000,
      start: 'initiate',
      dpd: { delay: 8_000, timeout: 13_000, action: 'restart' },
      retry: { attempts: 3, interval: 12_000 },
      routes: true,
      blockClearText: true,
    });
  });

  it('all that has a default may be left out, with the same result', () => {
    const short = `version: 1
gateways: {gw1: {address: 192.168.93.46, publicAddress: 106.75.234.78}}
peers: {idc: {address: 113.31.113.78}}
tunnels:
  idc: {gateway: gw1, peer: idc, local: {subnets: [10.0.192.0/20]}, remote: {subnets: [10.23.0.0/16]}, psk: test.1231}
`;
    expect(tunnelPolicies(loadText(short))).toEqual(tunnelPolicies(loadText(DESIGN_EXAMPLE)));
  });

  it('identities default to what the other side sees', () => {
    expect(facts(loadTunnel())).toMatchObject({ local: '192.0.2.1 192.0.2.1 10.0.0.0/16', remoteId: '203.0.113.7' });
    expect(facts(loadTunnel('gateway: nat'))).toMatchObject({ local: '192.0.2.2 198.51.100.2 10.0.0.0/16' });
    expect(facts(loadTunnel('peer: named'))).toMatchObject({ remoteId: 'vpn.example.com' });
  });

  it('IKEv1 in aggressive mode with the algorithms of old firewalls', () => {
    const tunnel = loadTunnel(
      'ike: {version: 1, mode: aggressive, encryption: 3des, authentication: md5, dhGroup: 1, lifetime: 8h}\n' +
        'ipsec: {encryption: aes192, authentication: sha2-256, pfs: 24, lifetime: 3600}',
    );
    expect(facts(tunnel)).toMatchObject({
      ike: 'v1 aggressive 3des-md5-modp768 28800000',
      child: 'esp aes192-sha256-modp2048s256 3600000',
    });
  });

  it('lists of proposals stand in the place of single values', () => {
    const tunnel = loadTunnel(
      'ike: {proposals: [aes256gcm16-prfsha384-ecp384, aes128-sha1-modp1024]}\nipsec: {proposals: [aes256-sha256]}',
    );
    expect(facts(tunnel)).toMatchObject({
      ike: 'v2 main aes256gcm16-prfsha384-ecp384,aes128-sha1-modp1024 86400000',
      child: 'esp aes256-sha256 86400000',
    });
  });

  it('AH has integrity alone; PFS can be off', () => {
    expect(facts(loadTunnel('ipsec: {protocol: ah, authentication: sha256, pfs: none}'))).toMatchObject({
      child: 'ah sha256 86400000',
    });
  });

  it('the modern profile changes defaults only', () => {
    const modern = 'profile: modern';
    expect(facts(loadTunnel('', modern))).toMatchObject({
      ike: 'v2 main aes256gcm16-prfsha256-curve25519 86400000',
      child: 'esp aes256gcm16-curve25519 86400000',
    });
    expect(facts(loadTunnel('ike: {encryption: aes128, dhGroup: 14}\nipsec: {protocol: ah}', modern))).toMatchObject({
      ike: 'v2 main aes128-sha256-modp2048 86400000',
      child: 'ah sha256-curve25519 86400000',
    });
    // IKEv1 has no number for a combined-mode cipher in stage 1.
    expect(facts(loadTunnel('ike: {version: 1}', modern))).toMatchObject({
      ike: 'v1 main aes256-sha256-curve25519 86400000',
      child: 'esp aes256gcm16-curve25519 86400000',
    });
  });

  it('a combined-mode cipher in single values takes authentication as its PRF', () => {
    const tunnel = loadTunnel(
      'ike: {encryption: aes128gcm16, authentication: sha512}\nipsec: {encryption: aes128gcm16}',
    );
    expect(facts(tunnel)).toMatchObject({
      ike: 'v2 main aes128gcm16-prfsha512-modp1024 86400000',
      child: 'esp aes128gcm16-modp1024 86400000',
    });
  });

  it('a peer of 0.0.0.0 is waited for', () => {
    const { policy } = loadTunnel('peer: any\nremote: {id: branch.example, subnets: [10.1.0.0/16]}');
    expect(policy).toMatchObject({
      start: 'respond',
      remote: { address: { kind: 'any' }, identity: { type: 'fqdn', name: 'branch.example' } },
      dpd: { action: 'clear' },
    });
  });

  it('a longer DPD delay pulls the default timeout along', () => {
    expect(loadTunnel('dpd: {delay: 30s}').policy.dpd).toEqual({ delay: 30_000, timeout: 35_000, action: 'restart' });
    expect(loadTunnel('dpd: {delay: 2s}').policy.dpd.timeout).toBe(13_000);
  });

  it('limits can be lifted', () => {
    const spent = loadTunnel('ipsec: {lifetimeBytes: 50G, lifetimePackets: 2000}');
    expect(spent.policy.childUsage).toEqual({ bytes: 50_000_000_000, packets: 2000 });
    const tunnel = loadTunnel('ike: {lifetime: 20s}\nipsec: {lifetime: 10s}', 'limits: {lifetime: off}');
    expect([tunnel.policy.ikeLifetime, tunnel.policy.childLifetime]).toEqual([20_000, 10_000]);
  });

  it('a peer that takes one pair of segments for each Child SA', () => {
    const configured = edited('{address: 203.0.113.7}', '{address: 203.0.113.7, profile: cisco}');
    expect(loadText(configured).tunnels.find(({ name }) => name === 'idc')?.policy.singlePairs).toBe(true);
  });

  it('reauthentication in the place of rekeying', () => {
    expect(loadTunnel('ike: {reauthenticate: true}').policy.reauthenticate).toBe(true);
  });

  it('opt-outs and the rest', () => {
    const tunnel = loadTunnel(
      'routes: false\nblockClearText: false\nstart: on-traffic\nretry: {attempts: 5, interval: 1m}',
    );
    expect(tunnel.policy).toMatchObject({
      routes: false,
      blockClearText: false,
      start: 'on-traffic',
      retry: { attempts: 5, interval: 60_000 },
    });
  });

  it('routes may go into another table, with a metric', () => {
    const routesOf = (routes: string) => loadTunnel(`routes: ${routes}`).policy.routes;
    expect(routesOf('true')).toBe(true);
    expect(routesOf('{table: 220, metric: 4294967295}')).toEqual({ table: 220, metric: 4_294_967_295 });
    expect(routesOf('{metric: 50}')).toEqual({ metric: 50 });
  });

  it('a disabled tunnel is checked and known, but no policy', () => {
    const configuration = loadText(tunnelText('enabled: false'));
    expect(configuration.tunnels.map((tunnel) => [tunnel.name, tunnel.enabled])).toEqual([['t', false]]);
    expect(tunnelPolicies(configuration)).toEqual([]);
  });

  it('both address families in one tunnel', () => {
    const tunnel = loadTunnel(
      "local: {subnets: [10.0.0.0/16, '2001:db8:1::/48']}\nremote: {subnets: ['2001:db8:2::/48', 10.1.2.3]}",
    );
    expect(facts(tunnel)).toMatchObject({ remote: ['2001:db8:2::/48', '10.1.2.3/32'] });
  });

  it('segments of one protocol, of ports, and ranges of addresses', () => {
    const tunnel = loadTunnel(
      "local: {subnets: ['10.0.0.0/16[tcp/http]', 10.0.0.1-10.0.0.9]}\nremote:\n      subnets:\n      - 10.1.0.0/16[udp/5000-5100]\n      - 10.1.0.0/16[icmp/8]\n      - 10.2.0.0/16[6]",
    );
    expect(facts(tunnel)).toMatchObject({
      local: '192.0.2.1 192.0.2.1 10.0.0.0/16[tcp/80],10.0.0.1-10.0.0.9',
      remote: ['10.1.0.0/16[udp/5000-5100]', '10.1.0.0/16[icmp/8]', '10.2.0.0/16[tcp]'],
    });
  });

  it('two tunnels between the same segments, each of another service', () => {
    const other =
      "  u: {gateway: gw, peer: there, local: {subnets: [10.0.0.0/16]}, remote: {subnets: ['10.1.0.0/16[PORT]']}, psk: k}\n";
    const text = tunnelText("remote: {subnets: ['10.1.0.0/16[tcp/22]']}");
    expect(loadText(text + other.replace('PORT', 'tcp/80')).tunnels).toHaveLength(2);
    expect(problemsOf(text + other.replace('PORT', 'tcp/22'), 'error').map(({ message }) => message)).toEqual([
      'tunnels.u.remote.subnets[0]: 10.0.0.0/16 <-> 10.1.0.0/16[tcp/22] on gateway gw already belongs to tunnel t (/etc/cygnet.yaml:6:3)',
    ]);
    // The same traffic, said at the other end.
    const swapped = other.replace('[10.0.0.0/16]', "['10.0.0.0/16[tcp]']").replace('PORT', 'tcp/22');
    expect(problemsOf(text + swapped, 'error')).toHaveLength(1);
  });

  it('20 tunnels of 20 x 20 segments', () => {
    const list = (second: number, count: number) =>
      Array.from({ length: count }, (_, third) => `10.${second}.${third}.0/24`).join(', ');
    const tunnels = Array.from(
      { length: 20 },
      (_, n) =>
        `  t${n}: {gateway: gw, peer: p, local: {subnets: [${list(0, 20)}]}, remote: {subnets: [${list(n + 1, 20)}]}, psk: k}`,
    );
    const head = 'version: 1\ngateways: {gw: {address: 192.0.2.1}}\npeers: {p: {address: 192.0.2.2}}\ntunnels:\n';
    expect(loadText(head + tunnels.join('\n')).tunnels).toHaveLength(20);
  });

  it('a gateway may have several addresses, of which the first is its identity', () => {
    const text = 'version: 1\ngateways: {gw: {address: [192.0.2.1, 192.0.2.7]}}\npeers: {p: {address: 192.0.2.9}}\n';
    const tunnel =
      'tunnels: {t: {gateway: gw, peer: p, local: {subnets: [10.0.0.0/16]}, remote: {subnets: [10.1.0.0/16]}, psk: k}}\n';
    const { gateways, tunnels } = loadText(text + tunnel);
    expect(gateways[0]).toMatchObject({ address: '192.0.2.1', alternatives: ['192.0.2.7'] });
    expect(tunnels[0]?.policy.local).toMatchObject({
      address: '192.0.2.1',
      alternatives: ['192.0.2.7'],
      identity: { type: 'ipv4', address: '192.0.2.1' },
    });
  });

  it('MOBIKE is on with IKEv2 unless it is switched off, and off with IKEv1', () => {
    const mobike = (ike: string) => loadTunnel(`ike: {${ike}}`).policy.mobike;
    expect([mobike('version: 2'), mobike('mobike: false'), mobike('version: 1')]).toEqual([true, false, false]);
  });

  it('the same pair on two gateways is nobody’s business', () => {
    const text = `${tunnelText()}  u: {gateway: nat, peer: there, local: {subnets: [10.0.0.0/16]}, remote: {subnets: [10.1.0.0/16]}, psk: k}\n`;
    expect(loadText(text).tunnels).toHaveLength(2);
  });

  it('secrets do not survive JSON', () => {
    expect(JSON.stringify(loadText(tunnelText()))).not.toContain('abcdefghij');
  });
});

describe('warnings', () => {
  it('stand at the key that chose, or at the tunnel whose default did', () => {
    const text = edited('{version: 2, encryption: aes128}', '{version: 2, encryption: 3des, dhGroup: 5}');
    const told = problemsOf(text, 'warning').map(formatProblem);
    expect(told).toContain(
      '/etc/cygnet.yaml:15:50 warning tunnels.idc.ike.dhGroup: stage 1 uses group 5 (modp1536), which should not be used any more (RFC 8247); better: 14, 19 or 31',
    );
    expect(told).toContain(
      '/etc/cygnet.yaml:9:3 warning tunnels.idc: stage 2 uses group 2 (modp1024), which should not be used any more (RFC 8247); better: 14, 19 or 31',
    );
  });

  it('a segment within another of its list', () => {
    const text = edited('[10.23.0.0/16]', '[10.23.5.0/24, 10.23.0.0/16]');
    expect(problemsOf(text, 'warning').map(formatProblem)).toContain(
      '/etc/cygnet.yaml:13:24 warning tunnels.idc.remote.subnets[0]: 10.23.5.0/24 lies within 10.23.0.0/16 of the same list and adds nothing',
    );
  });

  it('a DPD action that a peer of 0.0.0.0 makes impossible', () => {
    const text = edited('    peer: any   ', '    dpd: {action: restart}\n    peer: any   ');
    expect(problemsOf(text, 'warning').map(formatProblem)).toContain(
      '/etc/cygnet.yaml:20:19 warning tunnels.road.dpd.action: restart means clear for a peer of 0.0.0.0, which must call first',
    );
  });
});
