import { formatPrefix } from '../../base/net.ts';
import type { TunnelPolicy } from '../../ike/common/policy.ts';
import type { Check } from '../check.ts';
import type { HostFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';
import type { Chain, Firewall } from '../firewall/firewall.ts';
import { judge } from '../firewall/judge.ts';
import { byTunnels, interfaceTo, peerAddress } from '../tunnel-segments.ts';
import { familyOf, firewallsOf, type Pair, pairsOf } from './packets.ts';

/**
 * Source NAT comes before encryption. A packet with its new source is between the segments no longer: it is sent in
 * clear text to where the remote segment is not.
 */
export const checkNat: Check = (facts, tunnels) =>
  byTunnels(tunnels, (tunnel) => translations(facts, tunnel)).map(
    ({ part: { rule, source, sure, pair, fix }, tunnels: names }): Finding => ({
      check: 'nat',
      severity: sure ? 'error' : 'warning',
      seen: `${sure ? 'packets' : 'some packets may be translated: those'} from ${pair} are caught by: ${rule}`,
      source,
      why: 'with the source that NAT gives them, they leave in clear text instead of entering the tunnel',
      tunnels: names,
      fix,
    }),
  );

type Translation = {
  readonly rule: string;
  readonly source: string;
  readonly sure: boolean;
  /** The first that is caught. */
  readonly pair: string;
  readonly fix: string;
};

/** One for each rule that catches something. */
function translations(facts: HostFacts, tunnel: TunnelPolicy): Translation[] {
  const out = interfaceTo(facts, peerAddress(tunnel));
  const found = new Map<string, Translation>();
  for (const pair of pairsOf(tunnel)) {
    const family = familyOf(pair.local);
    for (const { value: firewall, source } of firewallsOf(facts, family)) {
      const packets = { family, source: pair.local, destination: pair.remote, protected: 'out', state: 'new' } as const;
      const fate = judge(firewall, 'postrouting', { ...packets, ...(out === undefined ? {} : { out }) });
      if (fate?.kind !== 'translate' || found.has(fate.by?.text ?? '')) continue;
      found.set(fate.by?.text ?? '', {
        rule: fate.by?.text ?? '',
        source,
        sure: fate.sure,
        pair: `${formatPrefix(pair.local)} to ${formatPrefix(pair.remote)}`,
        fix: exemption(firewall, fate.chain, pair),
      });
    }
  }
  return [...found.values()];
}

/** Before all other rules: what IPsec will protect stays as it is. */
function exemption({ tool }: Firewall, { table, name }: Chain, { local }: Pair): string {
  return tool === 'nft'
    ? `nft insert rule ${table} ${name} rt ${familyOf(local) === 4 ? 'ip' : 'ip6'} ipsec exists accept`
    : `${tool} -t ${table} -I ${name} -m policy --dir out --pol ipsec -j ACCEPT`;
}
