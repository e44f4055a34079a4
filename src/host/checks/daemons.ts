import type { Check } from '../check.ts';
import type { UdpSocket } from '../facts.ts';
import type { Finding } from '../finding.ts';

const IKE_PORTS: readonly number[] = [500, 4500];

/** Both ports are opened for all addresses, so that a socket of one address is in the way of all tunnels. */
export const checkPorts: Check = ({ sockets }, tunnels) => {
  if (!sockets.known) return [];
  const taken = sockets.value.filter(({ port, process }) => IKE_PORTS.includes(port) && process?.ours !== true);
  // One that listens with IPv4 and IPv6 is told once.
  const seen = new Map(taken.map((socket) => [`${socket.port} ${socket.process?.pid}`, socket]));
  return [...seen.values()].map(
    ({ port, process }): Finding => ({
      check: 'ike-ports',
      severity: 'error',
      seen: `UDP ${port} is in use by ${holder(process)}`,
      source: sockets.source,
      why: 'the daemon cannot start, as it needs UDP 500 and 4500',
      tunnels: tunnels.map(({ name }) => name),
      fix: process === undefined ? `ss -ulpn sport = :${port} names it, as root` : `kill ${process.pid}`,
    }),
  );
};

function holder(process: UdpSocket['process']): string {
  return process === undefined ? 'a process that only root can name' : `${process.name} (process ${process.pid})`;
}

/** By the name of the process: the unit that starts it. */
const DAEMONS: ReadonlyMap<string, string> = new Map([
  ['charon', 'strongswan-starter'],
  ['charon-systemd', 'strongswan'],
  ['charon-nm', 'NetworkManager'],
  ['pluto', 'ipsec'],
  ['iked', 'iked'],
  ['racoon', 'racoon'],
]);

/** Two daemons for one kernel remove each other's policies, ports or not. */
export const checkDaemons: Check = ({ processes }, tunnels) => {
  if (!processes.known) return [];
  return processes.value.flatMap(({ pid, name }): Finding[] => {
    const unit = DAEMONS.get(name);
    if (unit === undefined) return [];
    return [
      {
        check: 'other-daemon',
        severity: 'warning',
        seen: `another IKE daemon is running: ${name} (process ${pid})`,
        source: processes.source,
        why: 'it takes the IKE ports, or changes policies and SAs of the kernel that both daemons use',
        tunnels: tunnels.map((tunnel) => tunnel.name),
        fix: `systemctl disable --now ${unit}`,
      },
    ];
  });
};
