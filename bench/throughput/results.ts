import type { IperfResult } from './iperf.ts';

/** One run of a load through one pair of gateways. */
export type Sample = IperfResult & {
  readonly contender: string;
  readonly suite: string;
  readonly load: string;
  /** Seconds of processor time that each gateway used meanwhile. */
  readonly cpu: { readonly a: number; readonly b: number };
};

/** All repetitions of one load with one pair and one suite. */
export type Summary = {
  readonly contender: string;
  readonly suite: string;
  readonly load: string;
  readonly runs: number;
  /** Bits a second. */
  readonly best: number;
  readonly median: number;
  /** Medians. Processor seconds of both gateways together, for 10^9 bytes of payload that arrived. */
  readonly cpuPerGigabyte: number;
  /** UDP only: processor microseconds of both gateways together, for each packet that arrived. */
  readonly cpuPerPacket?: number;
  readonly retransmits?: number;
  readonly loss?: number;
};

/** In the order in which they came first. */
export function summarize(samples: readonly Sample[]): Summary[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = `${sample.suite}/${sample.load}/${sample.contender}`;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()].map(summarizeGroup);
}

function summarizeGroup(group: readonly Sample[]): Summary {
  const [first] = group;
  if (first === undefined) throw new Error('a group has no samples');
  const { contender, suite, load } = first;
  const rates = group.map(({ rate }) => rate);
  const used = ({ cpu }: Sample): number => cpu.a + cpu.b;
  return {
    contender,
    suite,
    load,
    runs: group.length,
    best: Math.max(...rates),
    median: median(rates),
    cpuPerGigabyte: median(group.map((sample) => (used(sample) * 1e9) / sample.bytes)),
    ...(first.packets === undefined
      ? {}
      : { cpuPerPacket: median(group.map((sample) => (used(sample) * 1e6) / (sample.packets ?? 0))) }),
    ...(first.retransmits === undefined
      ? {}
      : { retransmits: median(group.map(({ retransmits = 0 }) => retransmits)) }),
    ...(first.loss === undefined ? {} : { loss: median(group.map(({ loss = 0 }) => loss)) }),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [upper = Number.NaN, lower = upper] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle) - 1]];
  return (upper + lower) / 2;
}
