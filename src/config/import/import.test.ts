import { describe, expect, it } from 'vitest';
import { diffConfigurations } from '../diff.ts';
import { exportTunnel } from '../export/formats.ts';
import { loadConfiguration } from '../load.ts';
import { formatProblem } from '../problem.ts';
import { loadText, tunnelText } from '../testing/load-text.ts';
import { type MemoryFiles, memoryHost } from '../testing/memory-host.ts';
import { importConfiguration } from './import.ts';

function exported(more: string, format: string): string {
  const configuration = loadText(tunnelText(more));
  const [tunnel] = configuration.tunnels;
  const result = tunnel === undefined ? 'none' : exportTunnel(tunnel, configuration, { format, reveal: true });
  if (typeof result === 'string') throw new Error(result);
  return result.text;
}

function filesOf(more: string): MemoryFiles {
  return {
    '/etc/ipsec.conf': exported(more, 'ipsec.conf'),
    '/etc/ipsec.secrets': exported(more, 'ipsec.secrets'),
    '/etc/swanctl/swanctl.conf': exported(more, 'swanctl'),
  };
}

function loaded(path: string, files: MemoryFiles) {
  const result = loadConfiguration(path, memoryHost(files));
  if ('errors' in result) throw new Error(result.errors.map(formatProblem).join('\n'));
  return result.configuration;
}

// biome-ignore format: one tunnel, one row
const TUNNELS: readonly string[] = [
  '',
  'ike: {version: 1, mode: aggressive}\nremote: {subnets: [10.1.0.0/16, 10.2.0.0/16]}',
  'psk: 0x00ff20\nlocal: {id: "@a:b#c", subnets: [10.0.0.0/16]}\nremote: {id: "fd00::1", subnets: [10.1.0.0/16]}',
  'psk: "true"\nlocal: {id: keyid:#0102, subnets: [10.0.0.0/16, "fd00::/64"]}\nremote: {subnets: [10.1.0.0/16, "fd01::/64"]}',
  'psk: "#a,b:c]"\nipsec: {protocol: ah, pfs: none, authentication: sha512}',
  "local: {subnets: ['10.0.0.0/16[tcp/22]', 10.3.0.1-10.3.0.6]}\nremote: {subnets: ['10.1.0.0/16[icmp/8]', '10.1.0.0/16[tcp]']}",
  'ppk: {id: q, secret: abcdefghijklmnopqrstuvwxyz, required: false}',
];

describe.each(['/etc/ipsec.conf', '/etc/swanctl/swanctl.conf'])('what is imported from %s', (path) => {
  it.each(TUNNELS.filter((text) => !text.includes('ppk') || path.includes('swanctl')))(
    'is the same configuration in our language: %j',
    (more) => {
      const files = filesOf(more);
      const before = loaded(path, files);
      for (const reveal of [false, true]) {
        const result = importConfiguration(path, memoryHost(files), { reveal });
        if ('errors' in result) throw new Error(result.errors.map(formatProblem).join('\n'));
        const keys = Object.fromEntries(result.keys.map(({ name, text }) => [`/etc/cygnet/${name}`, text]));
        const after = loaded('/etc/cygnet/c.yaml', { '/etc/cygnet/c.yaml': result.text, ...keys });
        expect(diffConfigurations(before, after)).toMatchObject([{ tunnel: 't', change: 'unchanged' }]);
        const secret = Buffer.from(before.tunnels[0]?.policy.psk.expose() ?? []).toString('hex');
        if (secret === '00ff20') expect(result.text.includes('00ff20')).toBe(reveal);
      }
    },
  );
});

describe('cygnet import', () => {
  it('writes as a person would', () => {
    const files = filesOf('psk: the-secret-key');
    const result = importConfiguration('/etc/ipsec.conf', memoryHost(files), { reveal: false });
    expect('text' in result && result.text).toBe(`# Imported by cygnet from /etc/ipsec.conf

version: 1
gateways:
  gw1: {address: 203.0.113.7}
peers:
  t: {address: 192.0.2.1}
tunnels:
  t:
    gateway: gw1
    peer: t
    local: {id: 203.0.113.7, subnets: [10.1.0.0/16]}
    remote: {id: 192.0.2.1, subnets: [10.0.0.0/16]}
    psk: {file: t.psk}
    start: initiate
    ike: {version: 2, proposals: [aes128-sha1-modp1024], lifetime: 86400s, reauthenticate: false, mobike: true}
    ipsec: {protocol: esp, proposals: [aes128-sha1-modp1024], lifetime: 86400s}
    dpd: {delay: 8s, timeout: 13s, action: restart}
`);
    expect('keys' in result && result.keys).toEqual([{ name: 't.psk', text: 'the-secret-key\n' }]);
  });

  it('makes one tunnel for many peers of a connection that anybody may call, with the key of each', () => {
    const text = `connections { rw {
  version = 2
  local_addrs = 192.0.2.1
  local { auth = psk
    id = moon.example.org }
  remote { auth = psk
    id = *@example.org }
  children { net { local_ts = 10.1.0.0/16 } }
} }
secrets {
  ike-carol { id = carol@example.org
    secret = key-of-carol }
  ike-dave { id-a = moon.example.org
    id-b = dave@example.org
    secret = key-of-dave }
  ike-eve { id = eve@example.com
    secret = key-of-eve }
  ike-all { id = moon.example.org
    secret = key-of-all }
}`;
    const path = '/etc/swanctl/swanctl.conf';
    const result = importConfiguration(path, memoryHost({ [path]: text }), { reveal: false });
    if ('errors' in result) throw new Error(result.errors.map(formatProblem).join('\n'));
    expect(result.keys).toEqual([
      { name: 'rw.psk', text: 'key-of-all\n' },
      { name: 'rw-peer1.psk', text: 'key-of-carol\n' },
      { name: 'rw-peer2.psk', text: 'key-of-dave\n' },
    ]);
    expect(result.text).toContain('remote: {id: any, pattern: "*@example.org", subnets: [dynamic]}');
    const files = result.keys.map(({ name, text: key }) => [`/etc/cygnet/${name}`, key]);
    const host = memoryHost({ '/etc/cygnet/cygnet.yaml': result.text, ...Object.fromEntries(files) });
    const loaded = loadConfiguration('/etc/cygnet/cygnet.yaml', host);
    const [tunnel] = 'errors' in loaded ? [] : loaded.configuration.tunnels;
    expect(tunnel?.policy.many).toMatchObject({ common: {}, keys: [{}, {}] });
    expect(tunnel?.policy.remote.pattern).toEqual({ type: 'rfc822', suffix: '@example.org' });
  });

  it('refuses what is no such file, and what cannot be read', () => {
    const errors = (path: string, files: MemoryFiles) => {
      const result = importConfiguration(path, memoryHost(files), { reveal: false });
      return 'errors' in result ? result.errors.map(formatProblem) : [];
    };
    expect(errors('/etc/cygnet.yaml', { '/etc/cygnet.yaml': 'version: 1' })).toEqual([
      '/etc/cygnet.yaml:1:1 error this is neither an ipsec.conf nor a swanctl.conf',
    ]);
    expect(errors('/etc/ipsec.conf', {})).toEqual([
      '/etc/ipsec.conf:1:1 error /etc/ipsec.conf cannot be read: there is no such file',
    ]);
    expect(errors('/etc/ipsec.conf', { '/etc/ipsec.conf': 'conn x\n' })).toContain(
      '/etc/ipsec.conf:1:1 error /etc/ipsec.secrets cannot be read: there is no such file',
    );
  });

  it('takes the keys from where it is told', () => {
    const { '/etc/ipsec.secrets': secrets = '', ...files } = filesOf('');
    const host = memoryHost({ ...files, '/root/keys': secrets });
    expect(importConfiguration('/etc/ipsec.conf', host, { reveal: false, secrets: '/root/keys' })).toMatchObject({
      tunnels: 1,
    });
  });
});
