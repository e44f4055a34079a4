import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scenario } from './scenario.ts';

/** A scenario file's row, or a named check of the kernel data plane. */
export type Entry =
  | { readonly name: string; readonly title: string; readonly rfc: readonly string[]; readonly scenario: Scenario }
  | { readonly name: string; readonly title: string; readonly rfc: readonly string[]; readonly check: KernelCheck };

export type KernelCheck = { readonly module: string; readonly check: string };

/** Every scenario there is, by name, those that match the pattern (a regular expression) only. */
export async function loadCatalogue(pattern?: string): Promise<Entry[]> {
  const entries = [...(await kernelChecks()), ...(await scenarios())];
  const wanted = pattern === undefined ? /(?:)/ : new RegExp(pattern);
  return entries.filter((entry) => wanted.test(entry.name));
}

const SCENARIOS = new URL('../scenarios/', import.meta.url);
const KERNEL = new URL('../kernel/', import.meta.url);

async function scenarios(): Promise<Entry[]> {
  const files = filesBelow(fileURLToPath(SCENARIOS), '.scenario.js');
  const loaded = await Promise.all(
    files.map(async (file) => {
      const module = (await import(new URL(file, SCENARIOS).href)) as { default: Scenario | readonly Scenario[] };
      const name = file.replace('.scenario.js', '');
      return isList(module.default)
        ? module.default.map((row) => scenarioEntry(`${name}/${row.name}`, row))
        : [scenarioEntry(name, module.default)];
    }),
  );
  return loaded.flat();
}

async function kernelChecks(): Promise<Entry[]> {
  const directory = fileURLToPath(KERNEL);
  if (!existsSync(directory)) return [];
  // Programs that the checks start lie beside them, and must not be started by looking.
  const files = filesBelow(directory, '.js').filter((file) =>
    /^export const checks\b/m.test(readFileSync(join(directory, file), 'utf8')),
  );
  const loaded = await Promise.all(
    files.map(async (file) => {
      const module = new URL(file, KERNEL).href;
      const { checks } = (await import(module)) as { checks: readonly { name: string }[] };
      return checks.map((check) => ({
        name: `kernel/${check.name.replace(/[^\w.,+-]+/g, '-')}`,
        title: check.name,
        rfc: [],
        check: { module: fileURLToPath(module), check: check.name },
      }));
    }),
  );
  return loaded.flat();
}

function scenarioEntry(name: string, scenario: Scenario): Entry {
  return { name, title: scenario.title, rfc: scenario.rfc, scenario };
}

function filesBelow(directory: string, ending: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending) && !file.endsWith(`.test${ending}`))
    .sort();
}

function isList(value: Scenario | readonly Scenario[]): value is readonly Scenario[] {
  return Array.isArray(value);
}
