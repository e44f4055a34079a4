import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inNamespace, must } from '../../conformance/lab/shell.ts';
import { type Contender, type Pair, startPair, stopPair } from './contenders.ts';
import { runIperf } from './iperf.ts';
import { type Load, loadsOf } from './loads.ts';
import { buildNetwork, ENDS, setTunnelMtu } from './network.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { processTime } from './process-time.ts';
import { reportText } from './report.ts';
import { type Sample, summarize } from './results.ts';
import type { Suite } from './suites.ts';

/** `npm run bench:throughput`: what two gateways carry, of each kind in turns, over the same namespaces in one run. */
const repository = fileURLToPath(new URL('../../../../..', import.meta.url));
const directory = '/run/cygnet-bench';

const argv = process.argv.slice(2);
if (argv.includes('--help')) console.log(USAGE);
else await main(parseOptions(argv));

async function main(options: Options): Promise<void> {
  await buildNetwork(options.segmenting);
  const about = await machine(options);
  console.log(about.join('\n'));
  const samples: Sample[] = [];
  const failures: string[] = [];
  for (const turn of turns(options)) {
    // What was measured before a failure counts.
    const failure = await runPair(turn, options, (sample) => void samples.push(sample)).catch(String);
    if (failure === undefined) continue;
    failures.push(`${turn.contender.name}, ${turn.suite.name}: ${failure}`);
    console.log(`failed: ${failures.at(-1)}`);
  }
  const summaries = inOrder(summarize(samples), options);
  console.log(`\n${reportText(summaries)}`);
  const output = join(repository, options.output);
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, `${JSON.stringify({ about, summaries, samples, failures }, null, 2)}\n`);
  console.log(`all figures: ${options.output}`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

type Turn = { readonly contender: Contender; readonly suite: Suite };

/** Whoever comes first in one round comes last in the next, so that a drift of the machine favours nobody. */
function turns({ repetitions, suites, contenders }: Options): Turn[] {
  return Array.from({ length: repetitions }, (_, round) => {
    const order = round % 2 === 0 ? contenders : [...contenders].reverse();
    return suites.flatMap((suite) => order.map((contender) => ({ contender, suite })));
  }).flat();
}

/** One pair of gateways from its start to its end, and every load through it. */
async function runPair(turn: Turn, options: Options, keep: (sample: Sample) => void): Promise<undefined> {
  const { contender, suite } = turn;
  const place = join(directory, contender.name);
  const pair = await startPair({ contender, suite, repository, directory: place });
  try {
    await setMtu(contender, options);
    await warmUp();
    for (const load of loadsOf(options.mtu, options.streams, options.protocols)) {
      const result = await runLoad(pair, load, options, place);
      keep({ ...result, contender: contender.name, suite: suite.name, load: load.name });
      console.log(progressLine(turn, load, result.rate));
    }
  } finally {
    await stopPair(pair);
  }
}

async function setMtu({ name }: Contender, { mtu }: Options): Promise<void> {
  for (const { namespace } of Object.values(ENDS)) {
    for (const { name: link, was } of await setTunnelMtu(namespace, mtu)) {
      if (was !== mtu) console.log(`${name} gave ${link} at ${namespace} an MTU of ${was}; now it is ${mtu}`);
    }
  }
}

async function runLoad(pair: Pair, load: Load, { seconds, rate }: Options, place: string) {
  const used = () => ({ a: processTime(pair.a.pid), b: processTime(pair.b.pid) });
  const before = used();
  const result = await runIperf({
    load,
    from: { namespace: 'a', address: ENDS.a.inner },
    to: { namespace: 'b', address: ENDS.b.inner },
    seconds,
    rate,
    logFile: join(place, 'iperf3.log'),
  });
  const after = used();
  return { ...result, cpu: { a: after.a - before.a, b: after.b - before.b } };
}

/** What is learnt with the first packets, such as neighbours' addresses, is no part of a measurement. */
async function warmUp(): Promise<void> {
  const { a, b } = ENDS;
  const ping = ['ping', '-n', '-q', '-c', '5', '-i', '0.2', '-I', a.inner, b.inner];
  await must(inNamespace(a.namespace, ping));
}

function inOrder(summaries: ReturnType<typeof summarize>, { contenders }: Options): ReturnType<typeof summarize> {
  const place = (name: string): number => contenders.findIndex((contender) => contender.name === name);
  return [...summaries].sort((one, other) => place(one.contender) - place(other.contender));
}

function progressLine({ contender, suite }: Turn, load: Load, rate: number): string {
  return `${suite.name}  ${load.name.padEnd(12)} ${contender.name.padEnd(20)} ${(rate / 1e6).toFixed(1)} Mbit/s`;
}

async function machine({ mtu, segmenting, seconds, repetitions }: Options): Promise<string[]> {
  const [cpu] = cpus();
  const [iperf = ''] = (await must(['iperf3', '--version'])).split('\n');
  const charon = await must(['dpkg-query', '--show', 'libcharon-extra-plugins']);
  const congestion = (await must(inNamespace('a', ['cat', '/proc/sys/net/ipv4/tcp_congestion_control']))).trim();
  return [
    `${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, Linux ${release()}, node ${process.versions.node}`,
    `${iperf}; TCP ${congestion}; strongSwan ${charon.trim().replace(/.*\t/, '')} with kernel-libipsec`,
    `tunnel MTU ${mtu}; between the gateways ${segmenting ? 'single packets only' : 'also joined packets'}; ${repetitions} runs of ${seconds} s of each load, in turns`,
  ];
}
