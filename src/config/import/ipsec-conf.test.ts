import { describe, expect, it } from 'vitest';
import { formatSelector } from '../../sa/traffic-selector.ts';
import { diffConfigurations } from '../diff.ts';
import { loadConfiguration } from '../load.ts';
import type { Problem } from '../problem.ts';
import { loadText } from '../testing/load-text.ts';
import { type MemoryFiles, memoryHost } from '../testing/memory-host.ts';

const KEY = 'abcdefghijklmnopqrstuvwxyz';
const SECRETS = `192.0.2.1 203.0.113.7 : PSK "${KEY}"\n`;

/** The conn that the tables below change. */
const GOOD = `conn idc
  authby=secret
  auto=start
  keyexchange=ikev2
  reauth=no
  ike=aes256-sha256-modp2048!
  esp=aes256-sha256-modp2048!
  ikelifetime=24h
  lifetime=24h
  left=192.0.2.1
  leftsubnet=10.0.0.0/16
  right=203.0.113.7
  rightsubnet=10.1.0.0/16
  dpdaction=restart
  dpddelay=8s
  dpdtimeout=13s
`;

const SAME = `version: 1
gateways: {gw1: {address: 192.0.2.1}}
peers: {idc: {address: 203.0.113.7}}
tunnels:
  idc:
    gateway: gw1
    peer: idc
    local: {subnets: [10.0.0.0/16]}
    remote: {subnets: [10.1.0.0/16]}
    psk: ${KEY}
    ike: {proposals: [aes256-sha256-modp2048]}
    ipsec: {proposals: [aes256-sha256-modp2048]}
`;

function load(text: string, files: MemoryFiles = {}) {
  const host = memoryHost({ '/etc/ipsec.conf': text, '/etc/ipsec.secrets': SECRETS, ...files });
  return loadConfiguration('/etc/ipsec.conf', host);
}

function told({ file, line, column, severity, message }: Problem): string {
  return `${file === '/etc/ipsec.conf' ? '' : `${file}:`}${line}:${column} ${severity} ${message}`;
}

function problemsOf(text: string, files: MemoryFiles = {}): string[] {
  const result = load(text, files);
  return ('errors' in result ? result.errors : result.warnings).map(told);
}

/** Added to the conn as its line 17; what is said of it. */
// biome-ignore format: one setting, one row
const SETTINGS: readonly (readonly [setting: string, ...problems: string[]])[] = [
  ['type=tunnel'],
  ['leftnexthop=%defaultroute', '17:3 warning leftnexthop is ignored: the routes of the kernel decide'],
  ['pfs=yes'],
  ['pfs=no', '17:7 warning pfs=no contradicts the group in aes256-sha256-modp2048!; strongSwan goes by the group, so PFS stays on'],
  ['forceencaps=yes'],
  ['encapsulation=yes'],
  ['encapsulation=auto'],
  ['encapsulation=no', '17:17 warning encapsulation=no is ignored: ESP goes into UDP where a NAT is found'],
  ['compress=no'],
  ['closeaction=hold'],
  ['closeaction=stop', '17:15 error is one of none, clear, hold and restart'],
  ['compress=yes', '17:3 warning compress is ignored: IPComp is not done'],
  ['leftauht=psk', '17:3 warning unknown key, ignored; did you mean leftauth?'],
  ['type=passthrough', '17:8 error only tunnel and transport mode are supported'],
  ['type=transport', '11:14 error tunnels.idc.local.subnets[0]: 10.0.0.0/16 is not the gateway itself, which is all that transport mode protects; write 192.0.2.1, with a protocol and ports behind it where it is for these alone', '13:15 error tunnels.idc.remote.subnets[0]: 10.1.0.0/16 is not the gateway itself, which is all that transport mode protects; write 203.0.113.7, with a protocol and ports behind it where it is for these alone', '17:8 warning a tunnel in transport mode stays with its addresses: mobike is off'],
  ['authby=pubkey', '17:10 error certificates are not supported: tunnels here have pre-shared keys; set the peer up with one'],
  ['rightauth=eap-mschapv2', '17:13 error EAP and XAUTH are not supported: tunnels here have pre-shared keys and nothing else'],
  ['leftauth2=eap', '17:13 error EAP and XAUTH are not supported: tunnels here have pre-shared keys and nothing else'],
  ['leftcert=moon.pem', '17:3 warning leftcert is ignored: a certificate is not used with a pre-shared key'],
  ['leftsubnet=10.0.0.0/16[tcp/80]'],
  ['leftsubnet=10.0.0.0/16[tpc/80]', '17:14 error tunnels.idc.local.subnets[0]: "10.0.0.0/16[tpc/80]" names no protocol and port; write it as in 10.0.0.0/16[tcp/80], [udp/5000-5100], [icmp/8], [gre] or [47]'],
  ['leftprotoport=17/1701'],
  ['rightprotoport=%any'],
  ['leftprotoport=17/80-', '17:17 error leftprotoport is a protocol and a port, as in tcp/80, 17/1701, udp/%any or icmp'],
  ['leftsubnet=10.0.0.1/16', '17:14 error tunnels.idc.local.subnets[0]: "10.0.0.1/16" is no subnet; did you mean 10.0.0.0/16?'],
  ['rightsubnet=10.1.0.0/16, 10.0.1.0/24', '17:28 warning tunnels.idc.remote.subnets[1]: 10.0.1.0/24 lies within the local segment 10.0.0.0/16: what goes there goes to the peer'],
  ['left=%defaultroute', '17:8 error left must be the address of this machine, as in left=192.0.2.1'],
  ['right=203.0.113.7,198.51.100.0/24', '17:21 warning only the first address of the peer is used; a tunnel has one peer'],
  ['keyexchange=ike', '17:15 warning keyexchange=ike takes IKEv1 as well; here it is IKEv2 alone'],
  ['keyexchange=ikev3', '17:15 error the version of IKE is ikev1 or ikev2'],
  ['auto=sometimes', '17:8 error auto is one of start, add, route and ignore'],
  ['dpdaction=none', '17:13 warning dpdaction=none asks no peer whether it lives; here it is asked after dpddelay'],
  ['dpddelay=soon', '17:12 error tunnels.idc.dpd.delay: "soon" is not a duration; write a number and s, m, h or d, such as 8s or 24h'],
  ['ikelifetime=25h', '17:15 warning a lifetime of 25h is not within 1h and 24h, so that limits: {lifetime: off} holds'],
  ['ike=aes256-sha256-modp2048,camellia256-sha256-modp2048!', '17:30 warning proposal camellia256-sha256-modp2048 is left out: not all of its algorithms are known here'],
  ['ike=camellia256-sha256-modp2048!', '17:7 error tunnels.idc.ike.proposals[0]: "camellia256-sha256-modp2048" has a word that is no algorithm ("camellia256")'],
  ['ah=sha256', '7:7 error ah and esp in one conn exclude each other'],
  ['sha256_96=yes', '17:13 error the truncation of SHA-256 to 96 bits is not supported; only that of RFC 4868'],
  ['also=nobody', '17:8 error there is no conn of this name'],
  ['leftid="C=CH, O=strongSwan"', '17:11 error tunnels.idc.local.id: "C=CH, O=strongSwan" is no identity; write an IP address, a name such as vpn.example.com, user@example.com, @#hex or keyid:text'],
  ['rightid=%any', '17:11 warning %any takes any identity; here it must be the one of the address, or that behind %'],
  ['xyz', '17:3 error this line is no setting; write key=value'],
  ['leftid="never closed', '17:10 error the closing quote is missing'],
  ['leftid=a=b', '17:11 error a value that contains = must be quoted'],
];

describe('ipsec.conf', () => {
  it.each([
    ['leftprotoport=tcp/http', ['10.0.0.0/16[tcp/80]'], ['10.1.0.0/16']],
    ['leftprotoport=17/%any\n  rightprotoport=17/1701', ['10.0.0.0/16[udp]'], ['10.1.0.0/16[udp/1701]']],
    ['leftsubnet=10.0.0.0/16[gre]\n  leftprotoport=icmp', ['10.0.0.0/16[gre]'], ['10.1.0.0/16']],
    ['leftsubnet=%dynamic[icmp/8]', ['192.0.2.1/32[icmp/8]'], ['10.1.0.0/16']],
    ['rightsubnet=10.1.0.0-10.1.0.9,10.2.0.0/16[47]', ['10.0.0.0/16'], ['10.1.0.0-10.1.0.9', '10.2.0.0/16[gre]']],
  ])('%s', (setting, local, remote) => {
    const result = load(`${GOOD}  ${setting}\n`);
    if ('errors' in result) throw new Error(result.errors.map(told).join('\n'));
    const [tunnel] = result.configuration.tunnels;
    expect(tunnel?.policy.local.selectors.map(formatSelector)).toEqual(local);
    expect(tunnel?.policy.remote.selectors.map(formatSelector)).toEqual(remote);
  });

  it('is the same tunnel as in our own language, without a warning', () => {
    const result = load(GOOD);
    if ('errors' in result) throw new Error(result.errors.map(told).join('\n'));
    expect(result.warnings).toEqual([]);
    expect(diffConfigurations(loadText(SAME), result.configuration)).toMatchObject([
      { tunnel: 'idc', change: 'unchanged' },
    ]);
    expect(result.configuration.files).toEqual(['/etc/ipsec.conf', '/etc/ipsec.secrets']);
  });

  it.each(SETTINGS)('tells of %s at its place', (setting, ...problems) => {
    expect(
      problemsOf(`${GOOD}  ${setting}
`),
    ).toEqual(problems);
  });

  it.each([
    ['forceencaps=yes', 'udp'],
    ['forceencaps=no', undefined],
    ['encapsulation=yes', 'udp'],
    ['encapsulation=auto', undefined],
    ['encapsulation=no', undefined],
  ])('takes %s for what it means', (setting, encapsulation) => {
    const result = load(`${GOOD}  ${setting}\n`);
    if ('errors' in result) throw new Error(result.errors.map(told).join('\n'));
    expect(result.configuration.tunnels[0]?.policy.encapsulation).toBe(encapsulation);
  });

  it('writes out what strongSwan does by default', () => {
    const text = GOOD.split('\n').filter((line) => !/reauth|lifetime|dpd|ike=|esp=|auto/.test(line));
    const result = load([...text, '  auto=add'].join('\n'));
    if ('errors' in result) throw new Error(result.errors.map(told).join('\n'));
    expect(result.configuration.tunnels[0]?.policy).toMatchObject({
      reauthenticate: true,
      mobike: true,
      start: 'respond',
      ikeLifetime: 3 * 3_600_000,
      childLifetime: 3_600_000,
      dpd: { delay: 30_000, timeout: 150_000, action: 'clear' },
      ikeProposals: [
        { encryption: ['aes128', 'aes192', 'aes256'] },
        { encryption: expect.arrayContaining(['aes128gcm16']) },
      ],
      childProposals: [{ keyExchange: [] }, { keyExchange: [], integrity: ['sha256', 'sha384', 'sha512', 'sha1'] }],
    });
  });

  it('takes the value of a section first, then of the last also=, then of %default; an empty one hides', () => {
    const result = load(
      `${GOOD}  also=second\n  also=third\n  mobike=\n\nconn second\n  leftid=@second\n  rightid=@from-second\nconn third\n  leftid=@third\nconn %default\n  rightid=@default\n  mobike=no\n`,
    );
    if ('errors' in result) throw new Error(result.errors.map(told).join('\n'));
    const { policy } = result.configuration.tunnels[0] ?? {};
    expect(policy?.local.identity).toEqual({ type: 'fqdn', name: 'third' });
    expect(policy?.remote.identity).toEqual({ type: 'fqdn', name: 'from-second' });
    expect(policy?.mobike).toBe(true);
    expect(result.configuration.tunnels).toHaveLength(1);
  });

  it('makes one tunnel of conns that differ in their segments alone, where these are all pairs', () => {
    const pair = (name: string, left: string, right: string) =>
      `conn ${name}\n  also=idc\n  leftsubnet=${left}\n  rightsubnet=${right}\n`;
    const three = `${GOOD}${pair('b', '10.0.0.0/16', '10.2.0.0/16')}${pair('c', '10.3.0.0/16', '10.1.0.0/16')}`;
    const whole = load(three + pair('d', '10.3.0.0/16', '10.2.0.0/16'));
    expect('configuration' in whole && whole.configuration.tunnels.map(({ name }) => name)).toEqual(['idc']);
    const part = load(three);
    expect('configuration' in part && part.configuration.tunnels.map(({ name }) => name)).toEqual(['idc', 'b', 'c']);
  });

  it('leaves out what strongSwan does not load, and says so unless it is there for others', () => {
    expect(problemsOf(`${GOOD}conn spare\n  left=192.0.2.1\n`)).toEqual([
      '17:6 warning conn spare is left out: without auto= strongSwan does not load it',
    ]);
    expect(problemsOf(`${GOOD}  also=base\nconn base\n  mobike=no\n`)).toEqual([]);
    expect(problemsOf('config setup\n')).toEqual(['1:1 error there is no tunnel in it']);
  });

  it('reads what it includes, with the places there', () => {
    const text = GOOD.replace('conn idc', 'include conf.d/*.conf\nconn idc');
    expect(problemsOf(text, { '/etc/conf.d/a.conf': 'conn idc\n  compress=yes\n' })).toEqual([
      '/etc/conf.d/a.conf:2:3 warning compress is ignored: IPComp is not done',
    ]);
    expect(problemsOf(`include ipsec.conf\n${GOOD}`)).toEqual(['1:9 error this file is included twice']);
    expect(problemsOf(`include gone.conf\n${GOOD}`)).toEqual([
      '1:9 error this file cannot be read: there is no such file',
    ]);
  });

  it("takes the platform's own download: comments, nexthops and the contradiction of PFS", () => {
    const text = DOWNLOAD;
    const secrets = { '/etc/ipsec.secrets': `192.168.93.46 106.75.234.78 : PSK ${KEY}\n` };
    expect(problemsOf(text, secrets).filter((line) => !line.includes('should not'))).toEqual([
      '6:9 warning pfs=no contradicts the group in aes128-sha1-modp1024!; strongSwan goes by the group, so PFS stays on',
      '19:5 warning leftnexthop is ignored: the routes of the kernel decide',
      '23:5 warning rightnexthop is ignored: the routes of the kernel decide',
    ]);
    const result = load(text, secrets);
    expect('configuration' in result && result.configuration.tunnels[0]?.policy).toMatchObject({
      childProposals: [{ keyExchange: ['modp1024'] }],
      reauthenticate: true,
      dpd: { delay: 8_000, timeout: 13_000, action: 'hold' },
      retry: { attempts: 3 },
    });
  });

  it('ignores // comments, and says so once', () => {
    const text = GOOD.split('\n')
      .map((line) => (line === '' ? '' : `${line} // a word`))
      .join('\n');
    expect(problemsOf(text)).toEqual([
      '1:10 warning // begins no comment here, and strongSwan would read on; what follows it is ignored (15 more in this file)',
    ]);
  });
});

const DOWNLOAD = `conn ipsvpn_tunnel-MQcK-cVMR
    keyingtries=3
    authby=psk
    auto=start
    type=tunnel
    pfs=no

    keyexchange=ikev2
    # IPSecProtocol

    esp=aes128-sha1-modp1024!

    ike=aes128-sha1-modp1024!
    ikelifetime=86400s
    lifetime=86400s
    left=192.168.93.46
    leftid=192.168.93.46
    leftsubnet=172.16.1.0/24
    leftnexthop=%defaultroute
    right=106.75.234.78
    rightid=106.75.234.78
    rightsubnet=10.0.192.0/20
    rightnexthop=%defaultroute
    dpdaction=hold
    dpddelay=8s
    dpdtimeout=13s
`;

// biome-ignore format: one file of keys, one row
const KEYS: readonly (readonly [name: string, secrets: string, key: string | undefined, ...problems: string[]])[] = [
  ['the one that names both', `: PSK a\n192.0.2.1 : PSK b\n192.0.2.1 203.0.113.7 : PSK c\n`, 'c'],
  ['the one that names one before that for all', `: PSK a\n203.0.113.7 : PSK b\n`, 'b'],
  ['the one for all', `10.9.9.9 : PSK b\n: PSK a\n`, 'a'],
  ['that with %any', '192.0.2.1 %any : PSK a', 'a'],
  ['one in single quotes', "192.0.2.1 : PSK 'with blank'", '\x00hex'],
  ['one in hexadecimal', '192.0.2.1 : PSK 0x616263', 'abc'],
  ['one in base64', '192.0.2.1 : PSK 0sYWJj', 'abc'],
  ['none that is another kind', '192.0.2.1 : RSA key.pem\n192.0.2.1 : PSK a', 'a', '/etc/ipsec.secrets:1:1 warning a key that is not a pre-shared one (PSK) is not used here'],
  ['none where there is none', '10.9.9.9 : PSK a', undefined, '1:6 error no pre-shared key is for both of its ends; write one into ipsec.secrets'],
  ['none that an export has hidden', '192.0.2.1 : PSK "<secret>"', undefined, '/etc/ipsec.secrets:1:17 error the key is missing: <secret> stands in its place; export with --reveal, or write it here', '1:6 error no pre-shared key is for both of its ends; write one into ipsec.secrets'],
  ['none of a line that is none', 'foo', undefined, '/etc/ipsec.secrets:1:1 error this line is no key; write OWNERS : PSK "text"', '1:6 error no pre-shared key is for both of its ends; write one into ipsec.secrets'],
  ['none in open quotes', '192.0.2.1 : PSK "abc', undefined, '/etc/ipsec.secrets:1:17 error the closing quote is missing', '1:6 error no pre-shared key is for both of its ends; write one into ipsec.secrets'],
];

describe('ipsec.secrets', () => {
  it.each(KEYS)('yields %s', (_, secrets, key, ...problems) => {
    const files: MemoryFiles = { '/etc/ipsec.secrets': secrets ?? '' };
    const result = load(GOOD, files);
    const psk = 'configuration' in result ? result.configuration.tunnels[0]?.policy.psk.expose() : undefined;
    expect(psk && Buffer.from(psk).toString()).toBe(key === '\x00hex' ? 'with blank' : key);
    const all = problemsOf(GOOD, files).filter((line) => !line.includes('can be guessed'));
    expect(all.toSorted()).toEqual([...problems].toSorted());
  });

  it('includes more, and warns where everybody may read it', () => {
    const files = { '/etc/ipsec.secrets': 'include keys.open\n', '/etc/keys.open': SECRETS };
    expect(problemsOf(GOOD, files)).toEqual([
      '/etc/keys.open:1:1 warning everyone may read the keys in it; run chmod 600 /etc/keys.open',
    ]);
  });

  it('is told where IKEv1 in main mode finds a key by name alone', () => {
    const text = `${GOOD.replace('ikev2', 'ikev1')}  leftid=@here\n  rightid=@there\n`;
    const files = { '/etc/ipsec.secrets': `@here @there : PSK ${KEY}\n` };
    expect(problemsOf(text, files).filter((line) => line.includes('by address'))).toHaveLength(1);
    expect(problemsOf(text.replace('ikev1', 'ikev2'), files)).toEqual([]);
  });
});
