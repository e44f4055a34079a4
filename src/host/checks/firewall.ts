import { addressFamily, formatPrefix, type IpAddress, parsePrefix } from '../../base/net.ts';
import type { TunnelPolicy } from '../../ike/common/policy.ts';
import type { Check } from '../check.ts';
import type { HostFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';
import type { Chain, Hook } from '../firewall/firewall.ts';
import { type Fate, judge, type Packets } from '../firewall/judge.ts';
import { byTunnels, forwardedSegments, interfaceOf, interfaceTo, peerAddress } from '../tunnel-segments.ts';
import { familyOf, firewallsOf, pairsOf } from './packets.ts';

/** Packets that a tunnel lives on and that the rules of this machine drop for certain. */
export const checkFirewall: Check = (facts, tunnels) =>
  byTunnels(tunnels, (tunnel) => [...outer(facts, tunnel), ...inner(facts, tunnel)]).map(
    ({ part, tunnels: names }): Finding => ({ check: 'firewall', ...part, tunnels: names }),
  );

type Drop = Omit<Finding, 'check' | 'tunnels'>;

type Carrier = { readonly words: string; readonly match: string; readonly packets: Partial<Packets> };

const IKE: readonly Carrier[] = [
  { words: 'UDP 500', match: 'udp dport 500', packets: { protocol: 'udp', destinationPort: 500, sourcePort: 500 } },
  { words: 'UDP 4500', match: 'udp dport 4500', packets: { protocol: 'udp', destinationPort: 4500, sourcePort: 4500 } },
];

/** IKE from the peer, and ESP where neither a NAT nor the configuration wraps it in UDP. */
function outer(facts: HostFacts, tunnel: TunnelPolicy): Drop[] {
  const peer = peerAddress(tunnel);
  const family = addressFamily(tunnel.local.address);
  const name = interfaceOf(facts, tunnel.local.address);
  const protocol = tunnel.childProtocol;
  const bare = { words: protocol.toUpperCase(), match: `meta l4proto ${protocol}`, packets: { protocol } };
  const carriers = tunnel.encapsulation === 'udp' ? IKE : [...IKE, bare];
  const common = {
    family,
    ...(name === undefined ? {} : { in: name }),
    ...(peer === undefined ? {} : { source: hostPrefix(peer) }),
    destination: hostPrefix(tunnel.local.address),
    protected: 'no',
  } as const;
  return carriers.flatMap((carrier) => {
    const fateOf = (state: Packets['state']) => dropped(facts, 'input', { ...common, ...carrier.packets, state });
    const first = fateOf('new');
    if (first === undefined) return [];
    const answersPass = fateOf('established') === undefined;
    const from = peer === undefined ? '' : ` from ${peer}`;
    return [
      {
        severity: answersPass && tunnel.start !== 'respond' ? 'warning' : 'error',
        seen: `${carrier.words}${from} is dropped by ${placeOf(first.fate)}`,
        source: first.source,
        why: answersPass
          ? 'answers come in, but the peer cannot begin anything itself'
          : 'nothing of the peer comes in',
        fix: acceptRule(first, carrier, peer),
      },
    ];
  });
}

/** What is forwarded between the segments. */
function inner(facts: HostFacts, tunnel: TunnelPolicy): Drop[] {
  const out = interfaceTo(facts, peerAddress(tunnel));
  const drops = pairsOf(tunnel).flatMap(({ local, remote }): Drop[] => {
    const family = familyOf(local);
    if (forwardedSegments(facts, tunnel, family).length === 0) return [];
    const outward: Packets = { family, source: local, destination: remote, protected: 'out', state: 'new' };
    const inward: Packets = { family, source: remote, destination: local, protected: 'in', state: 'new' };
    const found = [
      { packets: outward, drop: dropped(facts, 'forward', { ...outward, ...(out === undefined ? {} : { out }) }) },
      { packets: inward, drop: dropped(facts, 'forward', { ...inward, ...(out === undefined ? {} : { in: out }) }) },
    ];
    return found.flatMap(({ packets, drop }) => {
      if (drop === undefined) return [];
      const [from, to] = [formatPrefix(packets.source ?? local), formatPrefix(packets.destination ?? remote)];
      return [
        {
          severity: 'error',
          seen: `new packets from ${from} to ${to} are dropped by ${placeOf(drop.fate)}`,
          source: drop.source,
          why: 'they have to be forwarded between the local segment and the tunnel',
          fix: forwardRule(drop, from, to),
        },
      ];
    });
  });
  // One for each place that drops: the pairs of a tunnel mostly share it.
  return [...new Map(drops.toReversed().map((drop) => [drop.seen.replace(/.* are dropped/, ''), drop])).values()];
}

type Dropped = { readonly fate: Fate; readonly source: string; readonly tool: string };

/** Only where all of the packets are, as far as the rules are understood. */
function dropped(facts: HostFacts, hook: Hook, packets: Packets): Dropped | undefined {
  for (const { value: firewall, source } of firewallsOf(facts, packets.family)) {
    const fate = judge(firewall, hook, packets);
    if (fate?.kind === 'drop' && fate.sure) return { fate, source, tool: firewall.tool };
  }
  return undefined;
}

function placeOf({ by, chain }: Fate): string {
  return by === undefined ? `the policy of chain ${chain.name} in table ${chain.table}` : by.text;
}

function acceptRule({ tool, fate }: Dropped, { packets, match }: Carrier, peer: IpAddress | undefined): string {
  const { table, name }: Chain = fate.chain;
  if (tool === 'nft') return `nft insert rule ${table} ${name} ${match} accept`;
  const from = peer === undefined ? '' : ` -s ${peer}`;
  const port = packets.destinationPort === undefined ? '' : ` --dport ${packets.destinationPort}`;
  return `${tool} -t ${table} -I ${name}${from} -p ${packets.protocol}${port} -j ACCEPT`;
}

function forwardRule({ tool, fate }: Dropped, from: string, to: string): string {
  const { table, name }: Chain = fate.chain;
  const word = from.includes(':') ? 'ip6' : 'ip';
  return tool === 'nft'
    ? `nft insert rule ${table} ${name} ${word} saddr ${from} ${word} daddr ${to} accept`
    : `${tool} -t ${table} -I ${name} -s ${from} -d ${to} -j ACCEPT`;
}

function hostPrefix(address: IpAddress) {
  return parsePrefix(address) ?? { address, length: addressFamily(address) === 4 ? 32 : 128 };
}
