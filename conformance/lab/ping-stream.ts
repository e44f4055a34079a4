import { join } from 'node:path';
import { DaemonProcess } from './daemon-process.ts';
import type { Topology } from './scenario.ts';
import { segmentHosts, sourceNamespace } from './topology.ts';

/** Starts a ping every 50 ms from the first segment of a to that of b, or the other way. */
export async function startPingStream(topology: Topology, from: 'a' | 'b', directory: string): Promise<PingStream> {
  const to = from === 'a' ? 'b' : 'a';
  const [[source = ''] = [], [target = ''] = []] = [topology[from], topology[to]].map(segmentHosts);
  // -O tells of each packet that was not answered when the next one is sent.
  const command = ['ping', '-n', '-O', '-i', '0.05', '-I', source, target];
  const logFile = join(directory, 'ping-stream.log');
  return new PingStream(new DaemonProcess(sourceNamespace(from, topology), command, { logFile }));
}

export class PingStream {
  readonly #process: DaemonProcess;

  constructor(process: DaemonProcess) {
    this.#process = process;
  }

  get report(): StreamReport {
    return parseStream(this.#process.log);
  }

  async stop(): Promise<void> {
    await this.#process.terminate(2_000);
  }
}

export type StreamReport = {
  readonly answered: number;
  /** Sequence numbers that got no answer, but for the last few, whose answers may still be under way. */
  readonly lost: readonly number[];
  /** Answers that came more than once. */
  readonly duplicates: number;
};

/** A second's worth of packets. Where the very last ones are lost, it shows as soon as there are more than these. */
const UNDER_WAY = 20;

/** Reads the output of `ping -O`. */
export function parseStream(log: string): StreamReport {
  const answered = answersOf(log);
  const missed = numbers(log, /^no answer yet for icmp_seq=(\d+)/gm).filter((sequence) => !answered.has(sequence));
  const last = Math.max(0, ...answered);
  const sent = Math.max(last, ...missed);
  return {
    answered: answered.size,
    lost: missed.filter((sequence) => sequence < last || sent - last > UNDER_WAY),
    duplicates: log.split('(DUP!)').length - 1,
  };
}

/** The sequence numbers that were answered, in the output of `ping`. */
export function answersOf(log: string): ReadonlySet<number> {
  return new Set(numbers(log, /^\d+ bytes from .*icmp_seq=(\d+)/gm));
}

function numbers(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(pattern)].map(([, number]) => Number(number));
}
