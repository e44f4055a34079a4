import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inNamespace, run } from './command.ts';
import { type End, LEFT, RIGHT } from './ends.ts';

export type PingReport = {
  readonly sent: number;
  readonly answered: number;
  readonly milliseconds: number | undefined;
};

/** Pings from one segment to the other; undefined where the machine has no `ping`. */
export async function ping(from: End, to: End, count: number): Promise<PingReport | undefined> {
  const argv = ['ping', '-n', '-c', String(count), '-i', '0.2', '-W', '2', '-I', from.inner, to.inner];
  const { status, stdout, stderr } = await run(inNamespace(from.name, argv));
  if (status !== 0 && stdout === '' && /No such file/.test(stderr)) return undefined;
  return parsePing(stdout, count);
}

/** Reads what `ping` prints; where it has sent nothing at all it says less. The time is the median: the first takes longest. */
export function parsePing(text: string, count: number): PingReport {
  const [, sent, answered] = /(\d+) packets transmitted, (\d+) received/.exec(text) ?? [];
  const times = [...text.matchAll(/ time=([\d.]+) ms$/gm)].map(([, time]) => Number(time)).sort((a, b) => a - b);
  return {
    sent: Number(sent ?? count),
    answered: Number(answered ?? 0),
    milliseconds: times[Math.floor(times.length / 2)],
  };
}

export type TrafficReport = { readonly bytes: number; readonly seconds: number };

/** One TCP connection from the left segment to the right one, as much as it carries. */
export async function sendThroughTunnel(seconds: number): Promise<TrafficReport> {
  const program = fileURLToPath(new URL('./traffic.js', import.meta.url));
  const [node = '', ...args] = inNamespace(RIGHT.name, [process.execPath, program, 'receive', RIGHT.inner]);
  const receiver = spawn(node, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
    const { value: port = '' } = await lines.next();
    const sending = [process.execPath, program, 'send', LEFT.inner, RIGHT.inner, port, String(seconds)];
    const sender = await run(inNamespace(LEFT.name, sending), { timeout: (seconds + 15) * 1_000 });
    if (sender.status !== 0) throw new Error(`the TCP connection failed: ${sender.stderr.trim().split('\n').at(-1)}`);
    const { value: report = '' } = await lines.next();
    return JSON.parse(report) as TrafficReport;
  } finally {
    receiver.kill('SIGKILL');
  }
}

/** `843 Mbit/s`, `1.02 Gbit/s`. */
export function rateText({ bytes, seconds }: TrafficReport): string {
  const megabits = seconds > 0 ? (bytes * 8) / seconds / 1e6 : 0;
  return megabits >= 1_000 ? `${(megabits / 1_000).toFixed(2)} Gbit/s` : `${megabits.toFixed(0)} Mbit/s`;
}
