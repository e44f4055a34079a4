import { describe, expect, it } from 'vitest';
import type { HostFacts } from './facts.ts';
import { checkHost } from './host-check.ts';
import { GOOD_HOST, hostWithRules, known, PARAMETERS, tunnels } from './testing/facts.ts';

function told(facts: Partial<HostFacts>, policies = tunnels()): string[] {
  return checkHost({ ...GOOD_HOST, ...facts }, policies).findings.map(
    ({ check, severity, seen }) => `${severity} ${check}: ${seen}`,
  );
}

const parameters = (changes: Readonly<Record<string, string>>) => ({
  parameters: known({ ...PARAMETERS, ...changes }),
});
const process = (name: string, ours = false) => ({ pid: 7, name, ours });

// biome-ignore format: one fact, one row
const TABLE: readonly (readonly [string, Partial<HostFacts>, ...string[]])[] = [
  ['a good host', {}],
  ['IPv4 is not forwarded', parameters({ 'net.ipv4.ip_forward': '0' }), 'error forwarding: net.ipv4.ip_forward is 0'],
  ['IPv6 is not forwarded, and no tunnel has it', parameters({ 'net.ipv6.conf.all.forwarding': '0' })],
  ['strict filtering where in and out are one', parameters({ 'net.ipv4.conf.all.rp_filter': '1' })],
  ['redirects are sent, but local hosts are behind another interface', parameters({ 'net.ipv4.conf.all.send_redirects': '1' })],
  ['redirects are taken by a router only where both say so', parameters({ 'net.ipv4.conf.all.accept_redirects': '1' }),
    'hint accept-redirects: net.ipv4.conf.eth0.accept_redirects is on'],
  ['IPsec is switched off', parameters({ 'net.ipv4.conf.eth0.disable_xfrm': '1' }), 'error disable-xfrm: net.ipv4.conf.eth0.disable_xfrm is on'],
  ['the address is not there', { interfaces: known([{ name: 'eth0', mtu: 1_500, addresses: ['192.0.2.9'] }]) },
    'error own-address: no interface that is up has 192.0.2.1'],
  ['no route', { ways: known({ '203.0.113.7': { refused: 'ENETUNREACH' } }) }, 'error route-to-peer: there is no route to the peer 203.0.113.7 (ENETUNREACH)'],
  ['a port is taken, for both families', { sockets: known(['0.0.0.0', '::'].map((address) => ({ address, port: 500, process: process('charon') }))) },
    'error ike-ports: UDP 500 is in use by charon (process 7)'],
  ['a port is taken by ourselves', { sockets: known([{ address: '::', port: 4500, process: process('node', true) }]) }],
  ['another port is taken', { sockets: known([{ address: '::', port: 53 }]) }],
  ['a port is taken by somebody whom only root may name', { sockets: known([{ address: '::', port: 4500 }]) },
    'error ike-ports: UDP 4500 is in use by a process that only root can name'],
  ['another daemon', { processes: known([process('pluto')]) }, 'warning other-daemon: another IKE daemon is running: pluto (process 7)'],
  ['no ESP, which the daemon makes up for', { kernel: known({ esp: 'the kernel refuses every ESP SA' }) }, 'hint kernel: the kernel refuses every ESP SA'],
  ['no ESP and no TUN', { kernel: known({ esp: 'the kernel refuses every ESP SA' }), tun: known({ missing: 'there is no TUN device' }) }, 'error tun: there is no TUN device'],
  ['no TUN, which nobody needs', { tun: known({ missing: 'there is no TUN device' }) }],
  ['no AH, which no tunnel wants', { kernel: known({ ah: 'the kernel refuses every AH SA' }) }],
  ['a narrow way', { interfaces: known([{ name: 'eth0', mtu: 1_400, addresses: ['192.0.2.1'] }]) }, 'hint mtu: the interface eth0 to the peer has an MTU of 1400'],
  ['a clock that was never set', { clock: { year: 1970, synchronized: known(false) } }, 'warning clock: the clock says that it is the year 1970'],
  ['a clock that nothing keeps right', { clock: { year: 2026, synchronized: known(false) } }, 'hint clock: nothing keeps the clock right'],
];

const rows = <Facts>(table: readonly (readonly [string, Facts, ...string[]])[]) =>
  table.map(([name, facts, ...expected]) => ({ name, facts, expected }));

describe('who is to carry the packets', () => {
  const lacking: HostFacts = {
    ...GOOD_HOST,
    kernel: known({ esp: 'the kernel refuses every ESP SA' }),
    tun: known({ missing: 'there is no TUN device' }),
  };
  const checksOf = (facts: HostFacts, dataplane: 'kernel' | 'userspace') =>
    checkHost(facts, tunnels(), dataplane).findings.map(({ check, severity }) => `${severity} ${check}`);

  it('has to be able to, and nobody else', () => {
    expect(checksOf(lacking, 'kernel')).toEqual(['error kernel']);
    expect(checksOf(lacking, 'userspace')).toEqual(['error tun']);
    expect(checksOf({ ...lacking, tun: known({}) }, 'userspace')).toEqual([]);
    expect(checksOf(GOOD_HOST, 'kernel')).toEqual([]);
  });

  it('is not the kernel where its IPsec being switched off does no harm', () => {
    const off = { ...GOOD_HOST, ...parameters({ 'net.ipv4.conf.eth0.disable_xfrm': '1' }) };
    expect(checksOf(off, 'kernel')).toEqual(['error disable-xfrm']);
    expect(checksOf(off, 'userspace')).toEqual([]);
  });
});

describe('what of a machine keeps tunnels from working', () => {
  it.each(rows(TABLE))('$name', ({ facts, expected }) => {
    expect(told(facts)).toEqual(expected);
  });

  it('a host address of ours needs no forwarding, IPv6 segments do', () => {
    const off = parameters({ 'net.ipv4.ip_forward': '0', 'net.ipv6.conf.all.forwarding': '0' });
    expect(told(off, tunnels({ local: '10.0.0.1/32' }))).toEqual([]);
    expect(told(off, tunnels({ local: "'2001:db8:1::/48'", remote: "'2001:db8:2::/48'" }))).toEqual([
      'error forwarding: net.ipv6.conf.all.forwarding is 0',
    ]);
  });

  it('strict filtering where the answers leave by another interface', () => {
    const ways = known({ '203.0.113.7': { interface: 'eth1' } });
    expect(told({ ways })).toEqual([
      'error reverse-path: net.ipv4.conf.eth0.rp_filter is strict (1), and packets to the peer leave by eth1',
    ]);
    expect(told({ ways, ...parameters({ 'net.ipv4.conf.all.rp_filter': '2' }) })).toEqual([]);
  });

  it('redirects of a gateway with one arm', () => {
    const ways = known({ '203.0.113.7': { interface: 'eth0' }, '10.0.0.1': { interface: 'eth0' } });
    expect(told({ ways, ...parameters({ 'net.ipv4.conf.all.send_redirects': '1' }) })).toEqual([
      'warning send-redirects: net.ipv4.conf.eth0.send_redirects is on, and local segments and peer are behind the same interface',
    ]);
  });

  it('findings that tunnels share are told once, with their names and what mends them', () => {
    const two = [...tunnels(), ...tunnels({ remote: '10.2.0.0/16' }).map((policy) => ({ ...policy, name: 'u' }))];
    const { findings } = checkHost({ ...GOOD_HOST, ...parameters({ 'net.ipv4.ip_forward': '0' }) }, two);
    expect(findings).toMatchObject([{ tunnels: ['t', 'u'], fix: 'sysctl -w net.ipv4.ip_forward=1' }]);
  });

  it('what is not known is told as not looked at, and nothing is guessed', () => {
    const unknown = { known: false, source: 'it', why: 'only root may look at it' } as const;
    const facts: HostFacts = {
      parameters: unknown,
      interfaces: unknown,
      ways: unknown,
      sockets: unknown,
      processes: unknown,
      firewalls: [unknown, unknown],
      kernel: unknown,
      tun: unknown,
      clock: { year: 2026, synchronized: unknown },
    };
    const { findings, notLookedAt } = checkHost(facts, tunnels());
    expect(findings).toEqual([]);
    expect(notLookedAt).toHaveLength(10);
  });

  it('without a tunnel nothing matters', () => {
    expect(told(parameters({ 'net.ipv4.ip_forward': '0' }), [])).toEqual([]);
  });
});

const nat = (...rules: readonly string[]) =>
  hostWithRules('*nat', ':POSTROUTING ACCEPT [0:0]', ':MINE - [0:0]', ...rules);
const filter = (input: string, forward: string, ...rules: readonly string[]) =>
  hostWithRules('*filter', `:INPUT ${input} [0:0]`, `:FORWARD ${forward} [0:0]`, ':MINE - [0:0]', ...rules);
const MASQUERADE = '-A POSTROUTING -o eth0 -j MASQUERADE';

// biome-ignore format: one rule set, one row
const RULES: readonly (readonly [string, HostFacts, ...string[]])[] = [
  ['masquerading', nat(MASQUERADE), `error nat: packets from 10.0.0.0/16 to 10.1.0.0/16 are caught by: ${MASQUERADE}`],
  ['masquerading of another interface', nat('-A POSTROUTING -o eth1 -j MASQUERADE')],
  ['masquerading behind an exemption of what IPsec takes', nat('-A POSTROUTING -m policy --dir out --pol ipsec -j ACCEPT', MASQUERADE)],
  ['masquerading of what IPsec does not take', nat('-A POSTROUTING -o eth0 -m policy --dir out --pol none -j MASQUERADE')],
  ['masquerading behind an exemption of the segments', nat('-A POSTROUTING -s 10.0.0.0/8 -d 10.1.0.0/16 -j RETURN', MASQUERADE)],
  ['masquerading behind an exemption of a part', nat('-A POSTROUTING -d 10.1.2.0/24 -j ACCEPT', MASQUERADE),
    `warning nat: some packets may be translated: those from 10.0.0.0/16 to 10.1.0.0/16 are caught by: ${MASQUERADE}`],
  ['masquerading of all but the peer segment', nat('-A POSTROUTING ! -d 10.1.0.0/16 -o eth+ -j MASQUERADE')],
  ['SNAT in a chain of its own', nat('-A POSTROUTING -j MINE', '-A MINE -s 10.0.0.0/16 -j SNAT --to-source 192.0.2.1'),
    'error nat: packets from 10.0.0.0/16 to 10.1.0.0/16 are caught by: -A MINE -s 10.0.0.0/16 -j SNAT --to-source 192.0.2.1'],
  ['a chain that exempts and returns', nat('-A POSTROUTING -j MINE', '-A MINE -j RETURN', '-A MINE -j MASQUERADE')],
  ['masquerading under a condition that is not understood', nat('-A POSTROUTING -m mark --mark 0x1 -j MASQUERADE'),
    'warning nat: some packets may be translated: those from 10.0.0.0/16 to 10.1.0.0/16 are caught by: -A POSTROUTING -m mark --mark 0x1 -j MASQUERADE'],
  ['an open firewall', filter('ACCEPT', 'ACCEPT', '-A INPUT -p tcp -j DROP')],
  ['a closed input chain', filter('DROP', 'ACCEPT'),
    ...['UDP 500', 'UDP 4500', 'ESP'].map((words) => `error firewall: ${words} from 203.0.113.7 is dropped by the policy of chain INPUT in table filter`)],
  ['a closed input chain that lets answers in', filter('DROP', 'ACCEPT', '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'),
    ...['UDP 500', 'UDP 4500', 'ESP'].map((words) => `warning firewall: ${words} from 203.0.113.7 is dropped by the policy of chain INPUT in table filter`)],
  ['a closed input chain with the ports and ESP open', filter('DROP', 'ACCEPT', '-A INPUT -p udp -m multiport --dports 500,4500 -j ACCEPT', '-A INPUT -p esp -j ACCEPT')],
  ['a rule that may let them in', filter('DROP', 'ACCEPT', '-A INPUT -m set --match-set peers src -j ACCEPT')],
  ['ESP alone is rejected', filter('ACCEPT', 'ACCEPT', '-A INPUT -p esp -j REJECT --reject-with icmp-port-unreachable'),
    'error firewall: ESP from 203.0.113.7 is dropped by -A INPUT -p esp -j REJECT --reject-with icmp-port-unreachable'],
  ['forwarding is closed, as Docker leaves it', filter('ACCEPT', 'DROP'),
    'error firewall: new packets from 10.0.0.0/16 to 10.1.0.0/16 are dropped by the policy of chain FORWARD in table filter'],
  ['forwarding is closed but for what IPsec has to do with', filter('ACCEPT', 'DROP', '-A FORWARD -m policy --dir in --pol ipsec -j ACCEPT', '-A FORWARD -m policy --dir out --pol ipsec -j ACCEPT')],
];

describe('the rules of a firewall', () => {
  it.each(rows(RULES))('$name', ({ facts, expected }) => {
    expect(told(facts)).toEqual(expected);
  });

  it('nothing is said of ESP where all of it goes in UDP', () => {
    const inUdp = tunnels().map((policy) => ({ ...policy, encapsulation: 'udp' as const }));
    expect(told(filter('ACCEPT', 'ACCEPT', '-A INPUT -p esp -j DROP'), inUdp)).toEqual([]);
    expect(told(filter('ACCEPT', 'ACCEPT', '-A INPUT -p udp --dport 4500 -j DROP'), inUdp)).toHaveLength(1);
  });

  it('the command that mends it is in the words of the tool', () => {
    const fixes = (facts: HostFacts) => checkHost(facts, tunnels()).findings.map(({ fix }) => fix);
    expect(fixes(nat(MASQUERADE))).toEqual([
      'iptables -t nat -I POSTROUTING -m policy --dir out --pol ipsec -j ACCEPT',
    ]);
    expect(fixes(filter('DROP', 'ACCEPT'))).toEqual([
      'iptables -t filter -I INPUT -s 203.0.113.7 -p udp --dport 500 -j ACCEPT',
      'iptables -t filter -I INPUT -s 203.0.113.7 -p udp --dport 4500 -j ACCEPT',
      'iptables -t filter -I INPUT -s 203.0.113.7 -p esp -j ACCEPT',
    ]);
  });
});
