import { addressFamily, type Prefix } from '../../base/net.ts';
import type { TunnelPolicy } from '../../ike/common/policy.ts';
import { selectorToPrefixes } from '../../sa/traffic-selector.ts';
import type { Fact, HostFacts } from '../facts.ts';
import type { Firewall } from '../firewall/firewall.ts';

export type Pair = { readonly local: Prefix; readonly remote: Prefix };

/** The pairs of segments of a tunnel that packets can have: both of one family. */
export function pairsOf({ local, remote }: TunnelPolicy): Pair[] {
  const theirs = remote.selectors.flatMap(selectorToPrefixes);
  return local.selectors
    .flatMap(selectorToPrefixes)
    .flatMap((ours) =>
      theirs.filter((one) => familyOf(one) === familyOf(ours)).map((one) => ({ local: ours, remote: one })),
    );
}

export function familyOf({ address }: Prefix): 4 | 6 {
  return addressFamily(address);
}

/** The rule sets that packets of a family meet. */
export function firewallsOf({ firewalls }: HostFacts, family: 4 | 6): (Fact<Firewall> & { readonly known: true })[] {
  const foreign = family === 4 ? 'ip6tables' : 'iptables';
  return firewalls.filter((fact) => fact.known).filter(({ value }) => value.tool !== foreign);
}
