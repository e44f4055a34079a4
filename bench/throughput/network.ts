import { ipBatch } from '../../conformance/lab/ip-batch.ts';
import { inNamespace, must } from '../../conformance/lab/shell.ts';

/** One end: its namespace has the same name. */
export type End = {
  readonly namespace: 'a' | 'b';
  readonly outer: string;
  /** Its own address in its segment. */
  readonly inner: string;
  readonly segment: string;
};

export const ENDS: { readonly a: End; readonly b: End } = {
  a: { namespace: 'a', outer: '192.0.2.1', inner: '10.1.0.1', segment: '10.1.0.0/24' },
  b: { namespace: 'b', outer: '192.0.2.2', inner: '10.2.0.1', segment: '10.2.0.0/24' },
};

/**
 * Two gateways' namespaces, joined by one veth and by nothing else; each has its segment on a link of its own. What is
 * joined into one large packet crosses the veth whole, unless it is `segmenting`, as a network card would have to.
 */
export async function buildNetwork(segmenting: boolean): Promise<void> {
  await ipBatch(['netns add a', 'netns add b', 'link add outer netns a type veth peer name outer netns b']);
  for (const { namespace, outer, inner } of Object.values(ENDS)) {
    await ipBatch(
      [
        'link set lo up',
        // Not every kernel has dummy interfaces; a veth with both ends here does the same.
        'link add inner type veth peer name inner-end',
        'link set inner-end up',
        'link set inner up',
        `link set outer up ${segmenting ? 'gso_max_segs 1' : ''}`,
        `addr add ${outer}/24 dev outer`,
        `addr add ${inner}/24 dev inner`,
      ],
      namespace,
    );
    await must(inNamespace(namespace, ['sh', '-c', SYSCTLS]));
  }
}

const SYSCTLS = [
  'for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done',
  'echo 1 >/proc/sys/net/ipv4/ip_forward',
].join('; ');

/** Gives every TUN of the namespace this MTU; returns their names with the MTU that each had. */
export async function setTunnelMtu(namespace: string, mtu: number): Promise<{ name: string; was: number }[]> {
  const links = JSON.parse(await must(['ip', '-n', namespace, '-json', '-details', 'link', 'show'])) as Link[];
  const tuns = links.filter(({ linkinfo }) => linkinfo?.info_kind === 'tun');
  await ipBatch(
    tuns.map(({ ifname }) => `link set ${ifname} mtu ${mtu}`),
    namespace,
  );
  return tuns.map(({ ifname, mtu: was }) => ({ name: ifname, was }));
}

type Link = {
  readonly ifname: string;
  readonly mtu: number;
  readonly linkinfo?: { readonly info_kind?: string };
};
