import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Backend, chooseBackend, type KernelNeed } from './lab/backend.ts';
import { needOf } from './lab/carrier.ts';
import { type Entry, loadCatalogue } from './lab/catalogue.ts';
import type { LabProcess } from './lab/lab-process.ts';
import { closingLine, reportText, resultLine, totals } from './lab/report.ts';
import { directoryOf, type Result, resultsIn } from './lab/results.ts';

/** `npm run conformance -- [PATTERN]`: runs every scenario whose name matches, and exits with 0 when none failed. */
const build = fileURLToPath(new URL('..', import.meta.url));
const out = join(build, '..');
const repository = join(out, '../..');
const [pattern] = process.argv.slice(2);

/** A lab in which nothing ends for so long is dead: longer than any scenario may take, plus a boot. Milliseconds. */
const SILENCE_MS = 420_000;

process.exitCode = await main();

async function main(): Promise<number> {
  const entries = await loadCatalogue(pattern);
  if (entries.length === 0) {
    console.error(`no scenario matches ${pattern}`);
    return 2;
  }
  clearOutput();
  const results: Result[] = [];
  const kernels: string[] = [];
  for (const need of ['network', 'esp'] as const) {
    const needing = entries.filter((entry) => needOf(entry) === need);
    if (needing.length === 0) continue;
    const backend = await chooseBackend(need);
    const description = 'missing' in backend ? `none (${backend.missing})` : backend.description;
    kernels.push(`${description} for ${needing.length} of them`);
    results.push(...('missing' in backend ? skipAll(needing, backend.missing) : await runAll(needing, need, backend)));
  }
  writeFileSync(join(out, 'REPORT.md'), reportText(entries, results, kernels.join('; ')));
  const counts = totals(results);
  console.log(closingLine(counts));
  // A continuous-integration machine that cannot run a scenario has not shown what it is there to show.
  const skipIsFailure = process.env.CI === 'true';
  return counts.failed > 0 || (skipIsFailure && counts.skipped > 0) ? 1 : 0;
}

/** Everything of earlier runs but the compiled scenarios. */
function clearOutput(): void {
  for (const name of readdirSync(out)) {
    if (name !== 'build') rmSync(join(out, name), { recursive: true, force: true });
  }
  mkdirSync(join(out, 'run/claims'), { recursive: true });
}

function skipAll(entries: readonly Entry[], reason: string): Result[] {
  return entries.map(({ name }) => announce({ name, status: 'skipped', seconds: 0, reason }));
}

type Kernel = Exclude<Backend, { readonly missing: string }>;

async function runAll(entries: readonly Entry[], need: KernelNeed, backend: Kernel): Promise<Result[]> {
  console.log(`${entries.length} scenarios on ${backend.description}`);
  // A boot costs as much as a scenario. Half of the time a scenario waits, so that one guest more than processors has use.
  const count = Math.max(1, Math.min(availableParallelism() + 1, 4, Math.ceil(entries.length / 2)));
  const names = Array.from({ length: count }, (_, index) => `${need}-${index + 1}`);
  const program = join(build, 'conformance/lab/worker.js');
  const workers = await Promise.all(
    names.map((name) => {
      const argv = [process.execPath, program, repository, join(out, 'run'), name, need, ...(pattern ? [pattern] : [])];
      return backend.start({ repository, out, name, argv });
    }),
  );
  const stop = () => {
    for (const worker of workers) worker.kill();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await collect(entries, workers);
  } finally {
    stop();
  }
}

/** Prints results as they come, until there are all or no worker is left to bring more. */
async function collect(entries: readonly Entry[], workers: readonly LabProcess[]): Promise<Result[]> {
  const results = new Map<string, Result>();
  const wanted = new Set(entries.map(({ name }) => name));
  let alive = workers.length;
  for (const worker of workers) {
    worker.ended.then(() => {
      alive -= 1;
    });
  }
  let lastNews = Date.now();
  while (results.size < entries.length && Date.now() - lastNews < SILENCE_MS) {
    const over = alive === 0;
    for (const result of readResults(wanted).filter(({ name }) => !results.has(name))) {
      results.set(result.name, announce(result));
      lastNews = Date.now();
    }
    if (over) break;
    await pause(250);
  }
  return entries.map(({ name }) => results.get(name) ?? announce(lostResult(name)));
}

function readResults(wanted: ReadonlySet<string>): Result[] {
  return readdirSync(join(out, 'run'))
    .filter((file) => /^results-.*\.jsonl$/.test(file))
    .flatMap((file) => resultsIn(readFileSync(join(out, 'run', file), 'utf8'), wanted));
}

function lostResult(name: string): Result {
  const begun = existsSync(join(out, 'run/claims', directoryOf(name)));
  const when = begun ? 'while this scenario ran' : 'before this scenario';
  return { name, status: 'failed', seconds: 0, reason: `the lab ended ${when}: see conformance/out/run/*.log` };
}

function announce(result: Result): Result {
  console.log(resultLine(result));
  return result;
}
