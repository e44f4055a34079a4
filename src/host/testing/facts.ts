import { loadText } from '../../config/testing/load-text.ts';
import type { TunnelPolicy } from '../../ike/common/policy.ts';
import type { Fact, HostFacts } from '../facts.ts';
import { parseIptablesSave } from '../firewall/iptables-save.ts';

export function known<Value>(value: Value, source = 'a test'): Fact<Value> {
  return { known: true, value, source };
}

export const PARAMETERS = {
  'net.ipv4.ip_forward': '1',
  'net.ipv6.conf.all.forwarding': '1',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.eth0.rp_filter': '1',
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.eth0.send_redirects': '0',
  'net.ipv4.conf.all.accept_redirects': '0',
  'net.ipv4.conf.eth0.accept_redirects': '1',
  'net.ipv4.conf.eth0.forwarding': '1',
  'net.ipv4.conf.all.disable_xfrm': '0',
  'net.ipv4.conf.eth0.disable_xfrm': '0',
};

/** A gateway on which nothing stands in the way: eth0 to the peer, eth1 to the local segment. */
export const GOOD_HOST: HostFacts = {
  parameters: known(PARAMETERS),
  interfaces: known([
    { name: 'eth0', mtu: 1_500, addresses: ['192.0.2.1'] },
    { name: 'eth1', mtu: 1_500, addresses: ['10.0.0.1'] },
  ]),
  ways: known({
    '203.0.113.7': { interface: 'eth0', gateway: '192.0.2.254' },
    '10.0.0.1': { interface: 'eth1' },
  }),
  sockets: known([]),
  processes: known([]),
  firewalls: [],
  kernel: known({}),
  tun: known({}),
  clock: { year: 2026, synchronized: known(true) },
};

const TEXT = `version: 1
gateways: {gw: {address: 192.0.2.1}}
peers: {there: {address: 203.0.113.7}, any: {address: 0.0.0.0}}
tunnels:
  t: {gateway: gw, peer: PEER, local: {subnets: [LOCAL]}, remote: {id: there, subnets: [REMOTE]}, psk: k}
`;

/** 10.0.0.0/16 to 10.1.0.0/16 at 203.0.113.7 with the name `t`. */
export function tunnels({ local = '10.0.0.0/16', remote = '10.1.0.0/16', peer = 'there' } = {}): TunnelPolicy[] {
  const text = TEXT.replace('LOCAL', local).replace('REMOTE', remote).replace('PEER', peer);
  return loadText(text).tunnels.map(({ policy }) => policy);
}

/** A host with these rules, as `iptables-save` prints them. */
export function hostWithRules(...lines: readonly string[]): HostFacts {
  return { ...GOOD_HOST, firewalls: [known(parseIptablesSave(lines.join('\n'), 'iptables'), 'iptables-save')] };
}
