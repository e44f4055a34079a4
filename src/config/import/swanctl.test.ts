import { describe, expect, it } from 'vitest';
import { formatSelector } from '../../sa/traffic-selector.ts';
import { diffConfigurations } from '../diff.ts';
import { loadConfiguration } from '../load.ts';
import type { Problem } from '../problem.ts';
import { loadText } from '../testing/load-text.ts';
import { type MemoryFiles, memoryHost } from '../testing/memory-host.ts';

const KEY = 'abcdefghijklmnopqrstuvwxyz';
const FILE = '/etc/swanctl/swanctl.conf';

/** The tables below add a line to the connection (2), to the child (14), or at the end (18). */
const GOOD = `connections { idc {
  # connection
  version = 2
  local_addrs = 192.0.2.1
  remote_addrs = 203.0.113.7
  proposals = aes256-sha256-modp2048
  rekey_time = 77760s
  over_time = 8640s
  dpd_delay = 8s
  dpd_timeout = 13s
  local { auth = psk }
  remote { auth = psk }
  children { net {
    # child
    local_ts = 10.0.0.0/16
    remote_ts = 10.1.0.0/16
    esp_proposals = aes256-sha256-modp2048
    life_time = 24h
    start_action = start
    dpd_action = restart
  } }
} }
secrets { ike-1 {
  secret = "${KEY}"
} }
# end
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
  return loadConfiguration(FILE, memoryHost({ [FILE]: text, ...files }));
}

function told({ file, line, column, severity, message }: Problem): string {
  return `${file === FILE ? '' : `${file}:`}${line}:${column} ${severity} ${message}`;
}

function problemsOf(text: string, files: MemoryFiles = {}): string[] {
  const result = load(text, files);
  return ('errors' in result ? result.errors : result.warnings).map(told);
}

function policyOf(text: string, files: MemoryFiles = {}) {
  const result = load(text, files);
  if ('errors' in result) throw new Error(result.errors.map(told).join('\n'));
  return result.configuration.tunnels[0]?.policy;
}

// biome-ignore format: one setting, one row
const CONNECTION: readonly (readonly [setting: string, ...problems: string[]])[] = [
  ['mobike = yes'],
  ['encap = yes'],
  ['encap = no'],
  ['pools = p', '2:3 warning pools is ignored: virtual addresses are not supported'],
  ['encapp = yes', '2:3 warning unknown key, ignored; did you mean encap?'],
  ['mediation = yes', '2:15 error mediated connections are not supported'],
  ['ppk_id = gone', '2:12 error no section ppk of secrets has a key of this id'],
];

// biome-ignore format: one setting, one row
const CHILD: readonly (readonly [setting: string, ...problems: string[]])[] = [
  ['mode = tunnel'],
  ['mode = beet', '14:12 error only tunnel and transport mode are supported'],
  ['ah_proposals = sha256', '17:21 error ah_proposals and esp_proposals in one child exclude each other'],
  ['updown = /bin/true --quiet', '14:14 warning tunnels.idc.updown[0]: /bin/true cannot be run: there is no such file'],
  ['updown = "/bin/true; reboot"', '14:15 error no shell runs it: write a program and its arguments, without quotes and the like'],
  ['if_id_in = 7'],
  ['close_action = none'],
  ['life_bytes = 5', '14:18 error tunnels.idc.ipsec.lifetimeBytes: "5" is not a number from 1000000 to 1000000000000000, with k, M, G or T for multiples'],
];

describe('swanctl.conf', () => {
  it('is the same tunnel as in our own language, without a warning', () => {
    const result = load(GOOD);
    if ('errors' in result) throw new Error(result.errors.map(told).join('\n'));
    expect(result.warnings).toEqual([]);
    expect(diffConfigurations(loadText(SAME), result.configuration)).toMatchObject([
      { tunnel: 'idc', change: 'unchanged' },
    ]);
  });

  it.each(CONNECTION)('tells of %s at its place', (setting, ...problems) => {
    expect(problemsOf(GOOD.replace('# connection', setting))).toEqual(problems);
  });

  it('takes encap = yes for ESP in UDP, and tells where it would be AH', () => {
    expect(policyOf(GOOD)).not.toHaveProperty('encapsulation');
    expect(policyOf(GOOD.replace('# connection', 'encap = no'))).not.toHaveProperty('encapsulation');
    const forced = GOOD.replace('# connection', 'encap = yes');
    expect(policyOf(forced)).toMatchObject({ encapsulation: 'udp' });
    const ah = forced.replace(/esp_proposals = .*/, 'ah_proposals = sha256-modp2048');
    expect(problemsOf(ah)).toContain('2:11 warning UDP encapsulation is ignored: AH does not go in UDP');
    expect(policyOf(ah)).toMatchObject({ childProtocol: 'ah' });
    expect(policyOf(ah)).not.toHaveProperty('encapsulation');
  });

  it.each([
    ['10.0.0.0/16[tcp/http]', '10.1.0.0/16', ['10.0.0.0/16[tcp/80]'], ['10.1.0.0/16']],
    ['dynamic[udp/1701]', 'dynamic[udp]', ['192.0.2.1/32[udp/1701]'], ['203.0.113.7/32[udp]']],
    ['10.0.0.1-10.0.0.9', '10.1.0.0/16[any/any]', ['10.0.0.1-10.0.0.9'], ['10.1.0.0/16']],
    [
      '10.0.0.0/16[icmp/2048],10.0.0.0/16[47]',
      '10.1.0.0/16',
      ['10.0.0.0/16[icmp/2048]', '10.0.0.0/16[gre]'],
      ['10.1.0.0/16'],
    ],
  ])('takes local_ts = %s and remote_ts = %s', (ours, theirs, local, remote) => {
    const text = GOOD.replace('10.0.0.0/16', ours).replace('10.1.0.0/16\n    esp', `${theirs}\n    esp`);
    const policy = policyOf(text);
    expect(policy?.local.selectors.map(formatSelector)).toEqual(local);
    expect(policy?.remote.selectors.map(formatSelector)).toEqual(remote);
  });

  it('takes mode = transport between the two addresses, without MOBIKE', () => {
    const text = GOOD.replace('# child', 'mode = transport')
      .replace(/local_ts.*/, '')
      .replace(/remote_ts.*/, 'remote_ts = dynamic[gre]');
    expect(policyOf(text)).toMatchObject({ childMode: 'transport', mobike: false });
    expect(policyOf(text)?.remote.selectors.map(formatSelector)).toEqual(['203.0.113.7/32[gre]']);
    expect(problemsOf(text)).toEqual([
      '14:12 warning a tunnel in transport mode stays with its addresses: mobike is off',
    ]);
    expect(policyOf(text.replace('# connection', 'mobike = no'))).toMatchObject({ mobike: false });
  });

  it.each(CHILD)('tells of %s in a child at its place', (setting, ...problems) => {
    expect(problemsOf(GOOD.replace('# child', setting))).toEqual(problems);
  });

  it.each(['{', '='])('takes a key that is %s in quotes', (key) => {
    const loaded = load(GOOD.replace(KEY, key));
    if ('errors' in loaded) throw new Error(loaded.errors.map(told).join('\n'));
    expect(loaded.configuration.tunnels[0]?.policy.psk.expose()).toEqual(new TextEncoder().encode(key));
  });

  it('refuses what authenticates in another way', () => {
    const wrong = (by: string) => problemsOf(GOOD.replace('local { auth = psk }', by));
    const certificates = 'certificates are not supported: tunnels here have pre-shared keys; set the peer up with one';
    expect(wrong('local { auth = pubkey }')).toEqual([`11:18 error ${certificates}`]);
    expect(wrong('')).toEqual([
      '1:15 error local.auth is not written, and its default is certificates; write auth = psk',
    ]);
    expect(wrong('local { auth = psk }\n local-2 { auth = xauth }')).toEqual([
      '12:2 error only one round of authentication is supported',
    ]);
  });

  // biome-ignore format: one text, one row
  it.each([
    ['connections {', '1:1 error this section is never closed'],
    ['connections { } }', '1:17 error there is no section to close'],
    ['connections { a', '1:15 error this name needs = or { behind it'],
    ['connections { a = "b', '1:19 error the closing quote is missing'],
    ['connections { a : { } }', '1:19 error a section to refer to is missing'],
    ['connections { = }', '1:15 error a name of a section or setting is expected here'],
    ['connections { a = b secrets { ike { secret = abc } } }', '1:29 error a line break is missing before this {; or quote the value'],
    ['connections { a = "b\n secret = "abc" }', '1:19 error the closing quote is missing'],
    ['x {'.repeat(18), '1:49 error sections are nested more than 16 deep'],
    ['include\t"', '1:9 error the closing quote is missing'],
    ['connections { a : connections.gone { } }', '1:19 error there is no section of this name; write it in full'],
    ['', '1:1 error there is no tunnel in it'],
  ])('refuses %j at its place', (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it('writes out what strongSwan does by default', () => {
    const silent = GOOD.split('\n').filter((line) => !/_time|dpd|proposals|start_action|version/.test(line));
    expect(policyOf(silent.join('\n'))).toMatchObject({
      version: 2,
      reauthenticate: false,
      mobike: true,
      start: 'respond',
      // A rekeying after 4 h and 1 h, and a tenth of that until the end.
      ikeLifetime: 15_840_000,
      childLifetime: 3_960_000,
      dpd: { delay: 30_000, timeout: 150_000, action: 'clear' },
      ikeProposals: [{ encryption: ['aes128', 'aes192', 'aes256'] }, {}],
      childProposals: [{ keyExchange: [] }, {}],
    });
  });

  // biome-ignore format: one way to say it, one row
  it.each([
    ['rekey_time = 2h', '', 7_920_000, false],
    ['rekey_time = 2h', 'over_time = 60s', 7_260_000, false],
    ['reauth_time = 3h', '', 11_880_000, true],
    ['reauth_time = 3h\nrekey_time = 2h', 'over_time = 60s', 7_260_000, false],
    ['reauth_time = 2h\nrekey_time = 0', '', 7_920_000, true],
    ['rekey_time = 0', '', 86_400_000, false],
  ])('takes %j %j for the end of an IKE SA', (rekey, over, ikeLifetime, reauthenticate) => {
    const text = GOOD.replace('rekey_time = 77760s', rekey).replace('over_time = 8640s', over);
    expect(policyOf(text)).toMatchObject({ ikeLifetime, reauthenticate });
  });

  it('merges sections, lets them inherit, and an empty value hide what is inherited', () => {
    const text = GOOD.replace('connections { idc {', 'connections { idc : defaults, templates.other {')
      .replace('# connection', 'mobike =')
      .concat('defaults { mobike = no\n local { id = @base } }\ntemplates { other { remote { id = @there } } }\n');
    expect(policyOf(text)).toMatchObject({
      mobike: true,
      local: { identity: { type: 'fqdn', name: 'base' } },
      remote: { identity: { type: 'fqdn', name: 'there' } },
    });
    expect(policyOf(`${text}connections { idc { remote { id = @mine } } }\n`)).toMatchObject({
      remote: { identity: { type: 'fqdn', name: 'mine' } },
    });
  });

  it('reads what it includes, wherever that stands', () => {
    const text = GOOD.replace('# child', 'include conf.d/*.conf');
    expect(problemsOf(text, { '/etc/swanctl/conf.d/a.conf': 'hostaccess = yes\n' })).toEqual([
      '/etc/swanctl/conf.d/a.conf:1:1 warning hostaccess is ignored: no firewall is touched',
    ]);
    expect(problemsOf(GOOD.replace('# child', 'include none/*.conf'))).toEqual([]);
  });

  it('makes one tunnel of each child, or of those whose segments are all pairs of two lists', () => {
    const child = (name: string, local: string, remote: string, more = '') =>
      `${name} {\n local_ts = ${local}\n remote_ts = ${remote}\n esp_proposals = aes256-sha256-modp2048\n ${more}\n }\n`;
    const names = (...children: readonly string[]) => {
      const result = load(GOOD.replace(/children \{[\s\S]*?\} \}\n/, `children {\n${children.join('')}}\n`));
      if ('errors' in result) throw new Error(result.errors.map(told).join('\n'));
      return result.configuration.tunnels.map(({ name }) => name);
    };
    expect(names(child('a', '10.0.0.0/16', '10.1.0.0/16'), child('b', '10.0.0.0/16', '10.2.0.0/16'))).toEqual(['idc']);
    expect(
      names(child('a', '10.0.0.0/16', '10.1.0.0/16'), child('b', '10.0.0.0/16', '10.2.0.0/16', 'start_action = trap')),
    ).toEqual(['idc-a', 'idc-b']);
  });

  it('finds keys by the identities that they name, and post-quantum ones by theirs', () => {
    const secrets = `secrets {\n ike-a { id = @other\n secret = wrong }\n ike-b { id-x = 203.0.113.7\n secret = 0x616263 }\n`;
    const text = GOOD.replace(
      /secrets \{[\s\S]*/,
      `${secrets} ppk-1 { id = q\n secret = 0sZGVm }\n rsa { file = x } }\n`,
    );
    const policy = policyOf(text.replace('# connection', 'ppk_id = q\n ppk_required = yes'));
    expect(Buffer.from(policy?.psk.expose() ?? []).toString()).toBe('abc');
    expect(policy?.ppk).toMatchObject({ id: 'q', required: true });
    expect(Buffer.from(policy?.ppk?.secret.expose() ?? []).toString()).toBe('def');
    expect(problemsOf(text)).toContainEqual(
      expect.stringMatching(/^\d+:2 warning a secret that is neither ike nor ppk/),
    );
    expect(problemsOf(GOOD.replace(KEY, '<secret>'))).toContain(
      '24:13 error the key is missing: <secret> stands in its place; export with --reveal, or write it here',
    );
  });
});
