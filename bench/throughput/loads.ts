/** What iperf3 sends through a tunnel. */
export type Load = {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  /** Connections, or flows, at once. */
  readonly streams: number;
  /** Bytes of UDP payload; TCP fills its packets. */
  readonly payload?: number;
};

/** With the headers of IPv4 and UDP, packets as large as the tunnel's MTU. */
const FULL_PAYLOAD = (mtu: number): number => mtu - 28;
const SMALL_PAYLOAD = 64;

/** Every kind of load with each number of streams. */
export function loadsOf(mtu: number, streams: readonly number[], protocols: readonly ('tcp' | 'udp')[]): Load[] {
  const tcp = streams.map((count): Load => ({ name: `TCP x${count}`, protocol: 'tcp', streams: count }));
  const udp = [FULL_PAYLOAD(mtu), SMALL_PAYLOAD].flatMap((payload) =>
    streams.map((count): Load => ({ name: `UDP ${payload} x${count}`, protocol: 'udp', streams: count, payload })),
  );
  return [...tcp, ...udp].filter(({ protocol }) => protocols.includes(protocol));
}
