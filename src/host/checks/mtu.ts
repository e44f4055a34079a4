import type { Check } from '../check.ts';
import type { Finding } from '../finding.ts';
import { byTunnels, interfaceTo, peerAddress } from '../tunnel-segments.ts';

const USUAL_MTU = 1_500;
/** What IPsec adds at most with the algorithms that there are: outer IPv6, UDP, ESP, IV, padding and ICV. */
const OVERHEAD = 40 + 8 + 8 + 16 + 17 + 32;
/** IPv4 and TCP without options. */
const HEADERS = 40;

/** What senders believe to fit does not, and where ICMP is filtered on the way they never learn of it. */
export const checkMtu: Check = (facts, tunnels) => {
  const { interfaces } = facts;
  if (!interfaces.known) return [];
  const narrow = byTunnels(tunnels, (tunnel) => {
    const name = interfaceTo(facts, peerAddress(tunnel));
    const found = interfaces.value.find((candidate) => candidate.name === name);
    return found !== undefined && found.mtu < USUAL_MTU ? [{ name: found.name, mtu: found.mtu }] : [];
  });
  return narrow.map(
    ({ part: { name, mtu }, tunnels: names }): Finding => ({
      check: 'mtu',
      severity: 'hint',
      seen: `the interface ${name} to the peer has an MTU of ${mtu}`,
      source: `/sys/class/net/${name}/mtu`,
      why: `packets above ${mtu - OVERHEAD} bytes may not pass the tunnel whole; with "do not fragment" they are lost where ICMP is filtered`,
      tunnels: names,
      fix: `iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -m policy --dir out --pol ipsec -j TCPMSS --set-mss ${mtu - OVERHEAD - HEADERS}`,
    }),
  );
};
