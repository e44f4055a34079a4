import { describe, expect, it } from 'vitest';
import { loadText } from '../testing/load-text.ts';
import type { Exported } from './formats.ts';
import { EXPORT_FORMATS, exportTunnel } from './formats.ts';

/** The cases of the platform's guide for administrators, its own addresses and keys, and one that asks for a lot. */
const CONFIGURATION = `version: 1
gateways:
  gw1: {address: 192.168.93.46, publicAddress: 106.75.234.78}
  gw6: {address: "2001:db8::1"}
  two: {address: [192.0.2.1, 192.0.2.2]}
peers:
  public-cloud: {address: 113.31.115.114}
  cisco-idc: {address: 1.1.1.1}
  swan-idc: {address: 113.31.113.78}
  any: {address: 0.0.0.0}
  there: {address: "2001:db8::2"}
  named: {address: vpn.example.com}
tunnels:
  public-cloud:
    gateway: gw1
    peer: public-cloud
    local: {subnets: [10.0.192.0/20]}
    remote: {subnets: [10.23.0.0/16, 10.25.0.0/16]}
    psk: test.1231
    ike: {version: 1, mode: main}
  cisco-idc:
    gateway: gw1
    peer: cisco-idc
    local: {subnets: [10.0.192.0/24]}
    remote: {id: 192.168.1.1, subnets: [192.168.1.0/24]}
    psk: test.1231
  swan-idc:
    gateway: gw1
    peer: swan-idc
    local: {subnets: [10.4.192.0/20]}
    remote: {subnets: [10.23.0.0/16]}
    psk: test.1231
    ike: {dhGroup: 5}
    ipsec: {pfs: 5}
  hard:
    gateway: two
    peer: any
    local: {id: gw.example.com, subnets: [10.5.0.0/16, 10.6.0.0/16]}
    remote: {id: "keyid:#00ff", subnets: [10.7.0.0/16]}
    psk: 0x00ff10
    ike: {version: 1, mode: aggressive, encryption: aes192, dhGroup: 24, lifetime: 24h}
    ipsec: {protocol: ah, authentication: md5, pfs: none}
  modern:
    gateway: gw6
    peer: there
    local: {id: here@example.com, subnets: ["fd00:1::/48", "10.8.0.0/16", "10.9.0.0/16"]}
    remote: {id: there.example.com, subnets: ["fd00:2::/48", "10.10.0.0/16"]}
    psk: "0sc29tZS1sb25nLWtleS1pbi1iYXNlNjQ="
    ppk: {id: q1, secret: abcdefghijklmnopqrstuvwxyz012345}
    start: on-traffic
    ike: {proposals: [aes256gcm16-prfsha384-ecp384-ke1_mlkem768, aes256-sha1-prfsha256-modp2048, aes256gcm16-prfsha384-ecp384], reauthenticate: true, mobike: false}
    ipsec: {proposals: [aes256gcm16-esn-ecp384, aes256gcm16-noesn-esn-ecp384], lifetime: 1h}
    dpd: {delay: 30s, timeout: 2m, action: hold}
`;

const configuration = loadText(CONFIGURATION);

function exported(name: string, format: string, reveal = false): Exported {
  const tunnel = configuration.tunnels.find((candidate) => candidate.name === name);
  if (tunnel === undefined) throw new Error(name);
  const result = exportTunnel(tunnel, configuration, { format, reveal });
  if (typeof result === 'string') throw new Error(result);
  return result;
}

const CASES = ['public-cloud', 'cisco-idc', 'swan-idc', 'hard', 'modern'];

describe.each(EXPORT_FORMATS.map(({ name }) => name))('the format %s', (format) => {
  it.each(CASES)('of %s is as it always was', async (name) => {
    await expect(exported(name, format).text).toMatchFileSnapshot(`golden/${name}/${format}.txt`);
  });

  it.each(CASES)('of %s tells no key unless it is to be revealed, and then the whole key', (name) => {
    const secret = { hard: '00ff10', modern: 'some-long-key-in-base64' }[name] ?? 'test.1231';
    const { text } = exported(name, format);
    for (const key of [secret, 'abcdefghijklmnopqrstuvwxyz012345']) expect(text).not.toContain(key);
    const holdsKeys = format !== 'ipsec.conf';
    expect(text.includes('<secret>')).toBe(holdsKeys);
    expect(exported(name, format, true).text.includes(secret)).toBe(holdsKeys);
  });

  it.each(CASES)('of %s has every segment and both ends, swapped', (name) => {
    const { text } = exported(name, format);
    const tunnel = configuration.tunnels.find((candidate) => candidate.name === name);
    if (format === 'ipsec.secrets') return;
    for (const { start } of [...(tunnel?.policy.local.selectors ?? []), ...(tunnel?.policy.remote.selectors ?? [])]) {
      // What has one pair alone says so in its place.
      if (!/cannot|CANNOT/.test(text) || format === 'json') expect(text).toContain(start);
    }
    expect(text).not.toContain('undefined');
    expect(text).not.toContain('192.168.93.46');
  });
});

describe('a tunnel without liveness checks (dpd.delay: off)', () => {
  const without = loadText(CONFIGURATION.replace('ike: {dhGroup: 5}', 'dpd: {delay: off}'));

  function textOf(format: string): string {
    const tunnel = without.tunnels.find(({ name }) => name === 'swan-idc') ?? expect.unreachable();
    const result = exportTunnel(tunnel, without, { format, reveal: false });
    return typeof result === 'string' ? result : result.text;
  }

  it.each([
    ['swanctl', 'dpd_delay = 0s'],
    ['ipsec.conf', 'dpdaction=none'],
    ['fortigate', 'set dpd disable'],
    ['mikrotik', 'dpd-interval=disable-dpd'],
  ])('has none in %s either: %s', (format, line) => {
    expect(textOf(format)).toContain(line);
  });

  it('has no line of them in libreswan', () => {
    expect(textOf('libreswan')).not.toContain('dpd');
  });
});

/** Devices that cannot do what the tunnel asks for say so; the sentence begins the file, and the API tells it, too. */
// biome-ignore format: one device, one row
const CANNOT: readonly (readonly [format: string, name: string, sentences: readonly RegExp[]])[] = [
  ['fortigate', 'hard', [/FortiOS cannot do modp2048s256 in stage 1/, /FortiOS has no AH/]],
  ['mikrotik', 'hard', [/RouterOS cannot do modp2048s256/, /RouterOS cannot have keyid:#00ff for its own identity/, /no key in hexadecimal/]],
  ['paloalto', 'hard', [/PAN-OS cannot do modp2048s256/]],
  ['azure', 'hard', [/Azure has no aggressive mode/, /Azure has no AH/]],
  ['aws', 'hard', [/AWS has no aggressive mode/, /AWS insists on PFS/, /one pair of segments for a tunnel; this one has 2/]],
  ['cisco-asa', 'hard', [/Cisco ASA has no AH/]],
  ['cisco-asa', 'cisco-idc', [/takes the address for its own identity, and the tunnel says 192.168.1.1/]],
  ['libreswan', 'hard', [/libreswan cannot do modp2048s256/]],
  ['huawei', 'modern', [/IPv6 is not written for Huawei/, /Huawei cannot do .*aes256gcm16/]],
  ['cisco-ios', 'modern', [/IPv6 is not written/, /requires one/]],
  ['vyos', 'hard', [/VyOS has no AH/]],
  ['juniper-srx', 'modern', [/post-quantum preshared key is not written for Junos, and this tunnel requires one/]],
  ['ipsec.conf', 'modern', [/ipsec.conf has no post-quantum preshared keys/]],
];

describe('what a device cannot do', () => {
  it.each(CANNOT)('is said by %s of %s', (format, name, sentences) => {
    const { text, obstacles } = exported(name, format);
    for (const sentence of sentences) expect(obstacles.filter((told) => sentence.test(told))).toHaveLength(1);
    for (const told of obstacles)
      expect(text).toContain(` CANNOT WORK AS IT IS: ${told}
`);
  });

  it.each(['cisco-ios', 'juniper-srx', 'fortigate', 'paloalto', 'vyos', 'huawei', 'libreswan', 'azure', 'mikrotik'])(
    'is nothing for %s with the defaults of the platform',
    (format) => {
      expect(exported('swan-idc', format === 'azure' ? 'json' : format).obstacles).toEqual([]);
      expect(exported('public-cloud', format).obstacles).toEqual([]);
    },
  );

  it('is said by Cisco IOS where the identity of IKEv1 is what the router is called, or its interface has', () => {
    const told = (id: string) => {
      const text = CONFIGURATION.replace(
        '{subnets: [10.23.0.0/16, 10.25.0.0/16]}',
        `{id: ${id}, subnets: [10.23.0.0/16]}`,
      );
      const changed = loadText(text);
      const tunnel = changed.tunnels.find(({ name }) => name === 'public-cloud');
      const result = tunnel && exportTunnel(tunnel, changed, { format: 'cisco-ios', reveal: false });
      return typeof result === 'object' ? result.text : '';
    };
    expect(told('vpn.example.com')).toContain('! Cygnet expects vpn.example.com: hostname and');
    expect(told('10.9.9.9')).toContain('! Cygnet expects 10.9.9.9: where the interface has another address');
    expect(told('a@example.com')).toContain('\n self-identity user-fqdn a@example.com\n');
  });

  it('leaves a place that no device takes in the line that would be wrong', () => {
    expect(exported('hard', 'fortigate').text).toContain('set dhgrp <none for modp2048s256>');
  });
});

describe('ESP in UDP on every path', () => {
  it.each([
    ['swanctl', /^ +encap = yes$/m],
    ['ipsec.conf', /^ +forceencaps=yes$/m],
    ['libreswan', /^ +encapsulation=yes$/m],
    ['fortigate', /^ +set nattraversal forced$/m],
    ['vyos', /^set vpn ipsec site-to-site peer \S+ force-udp-encapsulation$/m],
  ])('is asked of %s as well, which has a word for it, and only where it is wanted', (format, line) => {
    const text = CONFIGURATION.replace('ipsec: {pfs: 5}', 'ipsec: {pfs: 5, encapsulation: udp}');
    const forced = loadText(text);
    const tunnel = forced.tunnels.find(({ name }) => name === 'swan-idc');
    if (tunnel === undefined) throw new Error('no tunnel');
    const result = exportTunnel(tunnel, forced, { format, reveal: false });
    expect(result).toMatchObject({ text: expect.stringMatching(line) });
    expect(exported('swan-idc', format).text).not.toMatch(line);
  });
});

describe('segments of one protocol or of ports', () => {
  const services = loadText(
    CONFIGURATION.replace(
      '{subnets: [10.4.192.0/20]}',
      "{subnets: ['10.4.192.0/20[tcp]', '10.4.192.1-10.4.192.2[icmp/8]']}",
    ).replace(
      '    remote: {subnets: [10.23.0.0/16]}\n    psk: test.1231\n    ike: {dhGroup: 5}',
      "    remote: {subnets: ['10.23.0.0/16[tcp/80]', '10.23.0.0/16[1]']}\n    psk: test.1231\n    ike: {dhGroup: 5}",
    ),
  );
  const asked = (format: string) => {
    const tunnel = services.tunnels.find(({ name }) => name === 'swan-idc');
    return tunnel && exportTunnel(tunnel, services, { format, reveal: false });
  };

  it.each([
    ['swanctl', /local_ts = 10.23.0.0\/16\[tcp\/80\],10.23.0.0\/16\[icmp\]\n/],
    ['swanctl', /remote_ts = 10.4.192.0\/20\[tcp\],10.4.192.1\/32\[icmp\/8\],10.4.192.2\/32\[icmp\/8\]\n/],
    ['ipsec.conf', /leftsubnet=10.23.0.0\/16\[tcp\/80\],10.23.0.0\/16\[icmp\]\n/],
    ['json', /"10.23.0.0\/16\[tcp\/80\]"/],
  ])('are written in %s', (format, line) => {
    expect(asked(format)).toMatchObject({ obstacles: [], text: expect.stringMatching(line) });
  });

  it.each(['cisco-ios', 'fortigate', 'libreswan', 'azure'])('are not widened for %s', (format) => {
    expect(asked(format)).toMatch(
      / cannot be written for segments of one protocol or of ports; ipsec.conf, ipsec.secrets, swanctl, parameters, json can$/,
    );
  });
});

describe('transport mode', () => {
  const text = CONFIGURATION.replace('{subnets: [10.5.0.0/16, 10.6.0.0/16]}', '{subnets: [10.5.0.0/16]}')
    .replace('gw6: {address: "2001:db8::1"}', 'gw6: {address: "2001:db8::1"}\n  one: {address: 192.0.2.3}')
    .replace(
      `    gateway: gw1\n    peer: swan-idc\n    local: {subnets: [10.4.192.0/20]}\n    remote: {subnets: [10.23.0.0/16]}`,
      `    gateway: one\n    peer: swan-idc\n    local: {subnets: [192.0.2.3]}\n    remote: {subnets: [113.31.113.78]}`,
    )
    .replace('ipsec: {pfs: 5}', 'ipsec: {pfs: 5, mode: transport}');
  const transport = loadText(text);
  const asked = (format: string) => {
    const tunnel = transport.tunnels.find(({ name }) => name === 'swan-idc');
    return tunnel && exportTunnel(tunnel, transport, { format, reveal: false });
  };

  it.each([
    ['swanctl', /^ +mode = transport$/m],
    ['ipsec.conf', /^ +type=transport$/m],
    ['libreswan', /^ +type=transport$/m],
    ['json', /^ +"mode": "transport",$/m],
    ['parameters', /^IPSec protocol +ESP, transport mode$/m],
  ])('is written in %s', (format, line) => {
    expect(asked(format)).toMatchObject({ text: expect.stringMatching(line) });
  });

  it('is not made tunnel mode for a device', () => {
    expect(asked('cisco-ios')).toMatch(/^Cisco IOS cannot be written for transport mode; ipsec.conf, /);
  });
});

describe('a format that does not exist', () => {
  it('is told with the nearest one, or with all', () => {
    const [tunnel] = configuration.tunnels;
    if (tunnel === undefined) throw new Error('no tunnel');
    const asked = (format: string) => exportTunnel(tunnel, configuration, { format, reveal: false });
    expect(asked('cisco-iso')).toBe('there is no format "cisco-iso"; did you mean cisco-ios?');
    expect(asked('x'.repeat(9999))).toMatch(
      /^there is no format "x{64}"; there are ipsec.conf, ipsec.secrets, swanctl, /,
    );
  });
});
