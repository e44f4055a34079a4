import type { Check, WantedDataPlane } from '../check.ts';
import type { HostFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';

type Protocol = 'esp' | 'ah';

/** Whoever is to carry the packets has to be able to: the kernel, or a TUN device has to be there for the daemon. */
export const checkCarrier: Check = ({ kernel, tun }, tunnels, dataplane) => {
  const namesOf = (protocol: Protocol) =>
    tunnels.filter(({ childProtocol }) => childProtocol === protocol).map(({ name }) => name);
  if (!daemonCarries({ kernel }, dataplane))
    return PROTOCOLS.flatMap((protocol) => kernelFinding(kernel, protocol, namesOf(protocol)));
  if (!tun.known) return [];
  const names = tunnels.map(({ name }) => name);
  return tun.value.missing === undefined
    ? userspaceHint(kernel, dataplane, names)
    : [tunFinding(tun.value.missing, tun.source, names)];
};

/** Whether the daemon will carry the packets itself, as far as can be known. */
export function daemonCarries({ kernel }: Pick<HostFacts, 'kernel'>, dataplane: WantedDataPlane): boolean {
  if (dataplane === 'auto') return kernel.known && kernel.value.esp !== undefined;
  return dataplane === 'userspace';
}

const PROTOCOLS: readonly Protocol[] = ['esp', 'ah'];

function kernelFinding(kernel: HostFacts['kernel'], protocol: Protocol, tunnels: readonly string[]): Finding[] {
  const seen = kernel.known ? kernel.value[protocol] : undefined;
  if (seen === undefined || tunnels.length === 0) return [];
  return [
    {
      check: 'kernel',
      severity: 'error',
      seen,
      source: kernel.source,
      why: `the kernel cannot carry ${protocol.toUpperCase()}, so stage 2 fails`,
      tunnels,
      fix: `modprobe ${protocol}4 ${protocol}6 xfrm_user; where there are no such modules, run a kernel that has them, or set dataplane to userspace`,
    },
  ];
}

function userspaceHint(kernel: HostFacts['kernel'], dataplane: string, tunnels: readonly string[]): Finding[] {
  const seen = kernel.known ? kernel.value.esp : undefined;
  if (dataplane !== 'auto' || seen === undefined) return [];
  return [
    {
      check: 'kernel',
      severity: 'hint',
      seen,
      source: kernel.source,
      why: 'the daemon carries the packets itself, which takes more processor time',
      tunnels,
      fix: 'modprobe esp4 esp6 xfrm_user; where there are no such modules, nothing: it works as it is',
    },
  ];
}

function tunFinding(seen: string, source: string, tunnels: readonly string[]): Finding {
  return {
    check: 'tun',
    severity: 'error',
    seen,
    source,
    why: 'the daemon is to carry the packets itself and has no interface for them, so it cannot start or stage 2 fails',
    tunnels,
    fix: 'modprobe tun; in a container: --device /dev/net/tun --cap-add NET_ADMIN',
  };
}
