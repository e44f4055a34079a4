import { parseArgs } from 'node:util';
import { CONTENDERS, type Contender } from './contenders.ts';
import { type Suite, suiteOf } from './suites.ts';

export type Options = {
  readonly suites: readonly Suite[];
  readonly contenders: readonly Contender[];
  readonly streams: readonly number[];
  readonly protocols: readonly ('tcp' | 'udp')[];
  /** Of each run. */
  readonly seconds: number;
  readonly repetitions: number;
  /** Of the tunnel interfaces of all gateways, bytes. */
  readonly mtu: number;
  /** UDP packets a second; as many as the sender can where not given. */
  readonly rate: number | undefined;
  /** Whether the link between the gateways takes single packets only. */
  readonly segmenting: boolean;
  /** Where the figures go as JSON. */
  readonly output: string;
};

export const USAGE = `npm run bench:throughput -- [OPTION...]
  --suites LIST        aes128gcm16,aes128-sha1 and others of bench/throughput/suites.ts (those two)
  --contenders LIST    strongswan, cygnet, cygnet-in-udp, cygnet-to-strongswan, strongswan-to-cygnet (the first three)
  --streams LIST       connections or flows at once (1,4)
  --protocols LIST     tcp, udp (both)
  --seconds N          of each run (4)
  --repetitions N      of each load; the contenders take turns (3)
  --mtu BYTES          of all tunnel interfaces (1400)
  --rate N             UDP packets a second, in the place of as many as the sender can
  --segmenting         the link between the gateways takes single packets only, as a card without offloads
  --output FILE        JSON (bench/out/throughput.json)`;

/** @throws Error in plain words */
export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS });
  const list = (text: string): string[] => text.split(',').filter((word) => word !== '');
  return {
    suites: list(values.suites).map(suiteOf),
    contenders: list(values.contenders).map(contenderOf),
    streams: list(values.streams).map((text) => count('--streams', text)),
    protocols: list(values.protocols).map(protocolOf),
    seconds: count('--seconds', values.seconds),
    repetitions: count('--repetitions', values.repetitions),
    mtu: count('--mtu', values.mtu),
    rate: values.rate === undefined ? undefined : count('--rate', values.rate),
    segmenting: values.segmenting,
    output: values.output,
  };
}

const OPTIONS = {
  suites: { type: 'string', default: 'aes128gcm16,aes128-sha1' },
  contenders: { type: 'string', default: 'strongswan,cygnet,cygnet-in-udp' },
  streams: { type: 'string', default: '1,4' },
  protocols: { type: 'string', default: 'tcp,udp' },
  seconds: { type: 'string', default: '4' },
  repetitions: { type: 'string', default: '3' },
  mtu: { type: 'string', default: '1400' },
  rate: { type: 'string' },
  segmenting: { type: 'boolean', default: false },
  output: { type: 'string', default: 'bench/out/throughput.json' },
} as const;

function contenderOf(name: string): Contender {
  const contender = CONTENDERS.find((candidate) => candidate.name === name);
  if (contender !== undefined) return contender;
  throw new Error(`there is no contender ${name}; there are ${CONTENDERS.map((each) => each.name).join(', ')}`);
}

function protocolOf(name: string): 'tcp' | 'udp' {
  if (name === 'tcp' || name === 'udp') return name;
  throw new Error(`a protocol is tcp or udp, not ${name}`);
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${option} takes whole numbers above 0, not ${text}`);
}
