import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from '../../conformance/lab/shell.ts';
import { measureFlood } from './flood.ts';
import { measureHandshakes } from './handshakes.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { reportTable } from './report.ts';
import { compare, type Sample } from './samples.ts';
import { measureScale } from './scale.ts';
import { measureStart } from './start.ts';
import { measureTunnels } from './tunnels.ts';
import { World } from './world.ts';

/** `npm run bench:ike`: what IKE costs, Cygnet beside charon, in turns in one run. */
const repository = fileURLToPath(new URL('../../../../..', import.meta.url));
const WHERE = { repository, directory: '/run/cygnet-bench' };

const argv = process.argv.slice(2);
if (argv.includes('--help')) console.log(USAGE);
else await main(parseOptions(argv));

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
  for (const [name, measure] of measurements(worlds, options)) {
    // What was measured before a failure counts.
    await measure(keep).catch((error) => {
      failures.push(`${name}: ${error}`);
      console.log(`failed: ${failures.at(-1)}`);
    });
  }
  const about = await machine(loads);
  const comparisons = compare(samples);
  console.log(`\n${about.join('\n')}\n\n${reportTable(comparisons)}`);
  const output = join(repository, options.output);
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, `${JSON.stringify({ about, options, comparisons, samples, failures }, null, 2)}\n`);
  console.log(`all figures: ${options.output}`);
  process.exit(failures.length === 0 ? 0 : 1);
}

type Measure = (keep: (sample: Sample) => void) => Promise<void>;

function measurements(worlds: readonly World[], options: Options): [string, Measure][] {
  const rows: [string, Measure][] = [];
  if (options.rows.includes('handshakes'))
    for (const suite of options.suites)
      rows.push([suite.name, (keep) => measureHandshakes(worlds, suite, options, keep)]);
  if (options.rows.includes('start'))
    for (let turn = 0; turn < options.repetitions; turn++)
      for (const world of worlds) rows.push(['start', (keep) => measureStart(world, WHERE, keep)]);
  if (options.rows.includes('tunnels'))
    for (const world of worlds) rows.push(['tunnels', (keep) => measureTunnels(world, options, WHERE, keep)]);
  if (options.rows.includes('flood'))
    for (const world of worlds) rows.push(['flood', (keep) => measureFlood(world, options, keep)]);
  if (options.rows.includes('scale'))
    for (const count of options.scales)
      for (const world of worlds) rows.push([`${count} tunnels`, (keep) => measureScale(world, count, options, keep)]);
  return rows;
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
