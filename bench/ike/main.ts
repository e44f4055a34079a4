import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from '../../conformance/lab/shell.ts';
import { measureFlood } from './flood.ts';
import { measureHandshakes } from './handshakes.ts';
import { type Options, parseOptions, type RowName, USAGE } from './options.ts';
import { reportTable } from './report.ts';
import { compare, type Sample } from './samples.ts';
import { measureScale } from './scale.ts';
import { measureStart } from './start.ts';
import { measureTunnels } from './tunnels.ts';
import { World } from './world.ts';

/** `npm run bench:ike`: what IKE costs, Cygnet beside charon, in turns in one run. */
const repository = fileURLToPath(new URL('../../../../..', import.meta.url));
const WHERE = { repository, directory: '/run/cygnet-bench' };

async function main(options: Options): Promise<void> {
  const samples: Sample[] = [];
  const failures: string[] = [];
  const loads: number[] = [];
  const keep = (sample: Sample): void => {
    samples.push(sample);
    loads.push(loadavg()[0] ?? 0);
    console.log(`${sample.kind.padEnd(7)} ${sample.row}: ${sample.value.toFixed(3)}`);
  };
  const worlds = [await World.build('charon', WHERE), await World.build('cygnet', WHERE)];
  const output = join(repository, options.output);
  mkdirSync(dirname(output), { recursive: true });
  for (const [name, measure] of options.rows.flatMap((row) => PLANS[row](worlds, options))) {
    // What was measured before a failure counts.
    await measure(keep).catch((error) => {
      failures.push(`${name}: ${error}`);
      console.log(`failed: ${failures.at(-1)}`);
    });
    const about = await machine(loads);
    const comparisons = compare(samples);
    // After each, so that nothing is lost where the whole takes too long.
    writeFileSync(output, `${JSON.stringify({ about, options, comparisons, samples, failures }, null, 2)}\n`);
  }
  console.log(`\n${(await machine(loads)).join('\n')}\n\n${reportTable(compare(samples))}`);
  console.log(`all figures: ${options.output}`);
  process.exit(failures.length === 0 ? 0 : 1);
}

type Keep = (sample: Sample) => void;
type Measure = (keep: Keep) => Promise<void>;

type Plan = (worlds: readonly World[], options: Options) => readonly (readonly [string, Measure])[];

/** What belongs to each group of rows, in the order in which it is measured. */
const PLANS: { readonly [Row in RowName]: Plan } = {
  handshakes: (worlds, options) =>
    options.suites.map((suite) => [suite.name, (keep) => measureHandshakes(worlds, suite, options, keep)]),
  start: (worlds, { repetitions }) =>
    inTurns(worlds, repetitions, (world) => ['start', (keep) => measureStart(world, WHERE, keep)]),
  tunnels: (worlds, options) =>
    inTurns(worlds, options.repetitions, (world) => ['tunnels', (keep) => measureTunnels(world, options, WHERE, keep)]),
  flood: (worlds, options) => worlds.map((world) => ['flood', (keep) => measureFlood(world, options, keep)]),
  scale: (worlds, options) =>
    options.scales.flatMap((count) =>
      worlds.map((world) => [`${count} tunnels`, (keep: Keep) => measureScale(world, count, options, keep)] as const),
    ),
};

function inTurns<Turn>(worlds: readonly World[], repetitions: number, turn: (world: World) => Turn): Turn[] {
  return Array.from({ length: repetitions }, () => worlds.map(turn)).flat();
}

async function machine(loads: readonly number[]): Promise<string[]> {
  const [cpu] = cpus();
  const charon = await must(['dpkg-query', '--show', 'charon-systemd']);
  const range = loads.length === 0 ? '' : `, ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`;
  return [
    new Date().toISOString(),
    `${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, Linux ${release()}`,
    `Node ${process.versions.node}, OpenSSL ${process.versions.openssl}`,
    `strongSwan ${charon.trim().replace(/.*\t/, '')} with kernel-libipsec`,
    `load average while measuring${range}`,
  ];
}

const argv = process.argv.slice(2);
if (argv.includes('--help')) console.log(USAGE);
else await main(parseOptions(argv));
