import { cpSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needOf } from './carrier.ts';
import { type Entry, type KernelCheck, loadCatalogue } from './catalogue.ts';
import { TRANSCRIPT } from './lab.ts';
import { directoryOf, type Result } from './results.ts';
import { runScenario } from './run-scenario.ts';
import { inNamespace, run } from './shell.ts';

/**
 * Runs those scenarios that need this much of a kernel (see KernelNeed) one after the other, where the kernel can carry
 * them: `worker REPOSITORY SHARED NAME NEED [PATTERN]`. Several workers share one directory of claims, so that each takes
 * the next scenario that nobody has; results go to a file of the worker's own, one line each.
 */
const [repository = '', shared = '', worker = '', need = '', pattern] = process.argv.slice(2);
const results = openSync(join(shared, `results-${worker}.jsonl`), 'a');
const scratch = join('/run/cygnet-lab', worker);

for (const entry of await loadCatalogue(pattern)) {
  if (needOf(entry) === need && claim(entry.name)) report(await runEntry(entry));
}

/** Making a directory is the one operation that is atomic on every file system the workers may share. */
function claim(name: string): boolean {
  try {
    mkdirSync(join(shared, 'claims', directoryOf(name)));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function runEntry(entry: Entry): Promise<Result> {
  const began = Date.now();
  const directory = join(scratch, 'scenario');
  rmSync(directory, { recursive: true, force: true });
  const reason =
    'check' in entry
      ? await runCheck(entry.check)
      : await runScenario({ scenario: entry.scenario, repository, directory }).catch(String);
  const seconds = (Date.now() - began) / 1000;
  const shown = existsSync(join(directory, TRANSCRIPT));
  if ('scenario' in entry && (shown || reason !== undefined)) keep(directory, entry.name);
  if (reason === undefined) return { name: entry.name, status: 'passed', seconds };
  return { name: entry.name, status: 'failed', seconds, reason };
}

async function runCheck({ module, check }: KernelCheck): Promise<string | undefined> {
  const program = fileURLToPath(new URL('./kernel-check.js', import.meta.url));
  await run(['ip', 'netns', 'add', 'check']);
  await run(['ip', '-n', 'check', 'link', 'set', 'lo', 'up']);
  const outcome = await run(inNamespace('check', [process.execPath, program, module, check]), { timeout: 120_000 });
  await run(['ip', 'netns', 'del', 'check']);
  if (outcome.status === 0) return undefined;
  const error = /^\w*Error.*(\n(?! {4}at ).*){0,6}/m.exec(outcome.stderr);
  return (error?.[0] ?? outcome.stderr).trim() || `exit status ${outcome.status}`;
}

/** Sockets cannot be copied, and the copies of charon need not be. */
function keep(directory: string, name: string): void {
  const target = join(shared, '..', directoryOf(name));
  mkdirSync(target, { recursive: true });
  cpSync(directory, target, {
    recursive: true,
    filter: (source) => !/\/(vici|stroke|control\.sock|charon-systemd|swanctl)$/.test(source),
  });
}

function report(result: Result): void {
  writeSync(results, `${JSON.stringify(result)}\n`);
  // The host reads the file while the guest runs.
  fsyncSync(results);
}
