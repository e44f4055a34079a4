import { setTimeout as pause } from 'node:timers/promises';
import { DaemonProcess } from '../../conformance/lab/daemon-process.ts';
import { poll } from '../../conformance/lab/poll.ts';
import { inNamespace, must, run } from '../../conformance/lab/shell.ts';
import type { Load } from './loads.ts';

export type IperfResult = {
  /** Payload that arrived, bits a second. */
  readonly rate: number;
  /** Payload that arrived, bytes. */
  readonly bytes: number;
  /** UDP only. */
  readonly packets?: number;
  /** TCP: segments sent again. */
  readonly retransmits?: number;
  /** UDP: of what was sent, the share that did not arrive, 0 to 1. */
  readonly loss?: number;
};

export type IperfOptions = {
  readonly load: Load;
  readonly from: { readonly namespace: string; readonly address: string };
  readonly to: { readonly namespace: string; readonly address: string };
  readonly seconds: number;
  /** UDP: packets a second of all flows together; as many as the sender can where not given. */
  readonly rate?: number | undefined;
  readonly logFile: string;
};

/** One run of iperf3, from a server that is started for it to the end of both. */
export async function runIperf(options: IperfOptions): Promise<IperfResult> {
  const { load, from, to, seconds } = options;
  const server = new DaemonProcess(to.namespace, ['iperf3', '--server', '--one-off', '--bind', to.address], options);
  try {
    await listening(to.namespace);
    const argv = ['iperf3', '--client', to.address, '--bind', from.address, '--time', String(seconds), '--json'];
    const outcome = await run(inNamespace(from.namespace, [...argv, ...loadArguments(load, options.rate)]), {
      timeout: (seconds + 20) * 1_000,
    });
    if (outcome.status !== 0) throw new Error(`iperf3: ${errorOf(outcome.stdout) || outcome.stderr.trim()}`);
    return parseIperf(outcome.stdout, load.protocol);
  } finally {
    await server.terminate(1_000);
    // What is still in the queues of a flood does not belong to the next run.
    await pause(200);
  }
}

export function loadArguments({ protocol, streams, payload = 0 }: Load, rate?: number): string[] {
  const parallel = ['--parallel', String(streams)];
  if (protocol === 'tcp') return parallel;
  // iperf3 means bits a second of payload of one flow; 0 is without limit.
  const bits = rate === undefined ? 0 : Math.round((rate / streams) * payload * 8);
  return [...parallel, '--udp', '--bitrate', String(bits), '--length', String(payload)];
}

/** Reads the end of what `iperf3 --json` prints. */
export function parseIperf(text: string, protocol: Load['protocol']): IperfResult {
  const { end } = JSON.parse(text) as { end: IperfEnd };
  const { sum_sent: sent, sum_received: received } = end;
  if (protocol === 'tcp')
    return { rate: received.bits_per_second, bytes: received.bytes, retransmits: sent.retransmits ?? 0 };
  const { packets = 0, lost_packets: lost = 0 } = received;
  const arrived = packets - lost;
  return {
    rate: received.bits_per_second,
    bytes: received.bytes,
    packets: arrived,
    loss: packets === 0 ? 1 : lost / packets,
  };
}

type IperfSum = {
  readonly bits_per_second: number;
  readonly bytes: number;
  readonly retransmits?: number;
  readonly packets?: number;
  readonly lost_packets?: number;
};
type IperfEnd = { readonly sum_sent: IperfSum; readonly sum_received: IperfSum };

function errorOf(text: string): string {
  return /"error":\s*"([^"]*)"/.exec(text)?.[1] ?? '';
}

async function listening(namespace: string): Promise<void> {
  await poll(async () => {
    const sockets = await must(inNamespace(namespace, ['cat', '/proc/net/tcp']));
    // State 0A is LISTEN; the port is in hexadecimal.
    const found = sockets.split('\n').some((line) => /:1451 .* 0A /.test(line));
    return found ? { value: true } : { unmet: 'iperf3 does not listen' };
  }, 10_000);
}
