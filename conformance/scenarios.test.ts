import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ConfigurationHost } from '../src/config/host.ts';
import { loadConfiguration } from '../src/config/load.ts';
import { formatProblem } from '../src/config/problem.ts';
import type { Scenario } from './lab/scenario.ts';

const DIRECTORY = new URL('./scenarios/', import.meta.url);
const FILES = readdirSync(DIRECTORY, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.scenario.ts'),
);

describe('the conformance scenarios', () => {
  it.each(FILES)('%s: every Cygnet configuration is one that Cygnet accepts', async (file) => {
    for (const scenario of await scenariosOf(file)) {
      for (const gateway of [scenario.a, scenario.b]) {
        if ('cygnet' in gateway) expect(problemsOf(gateway.cygnet.configuration)).toEqual([]);
      }
    }
  });

  it('names are unique, and fit into a file name', async () => {
    const names = await Promise.all(
      FILES.map(async (file) => (await scenariosOf(file)).map(({ name }) => `${file}/${name ?? ''}`)),
    );
    const all = names.flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((name) => !/^[\w./-]+$/.test(name))).toEqual([]);
  });
});

async function scenariosOf(file: string): Promise<readonly Scenario[]> {
  const module = (await import(new URL(file, DIRECTORY).href)) as { default: Scenario | readonly Scenario[] };
  return [module.default].flat();
}

function problemsOf(configuration: string | object): string[] {
  const text = typeof configuration === 'string' ? configuration : JSON.stringify(configuration, null, 2);
  const result = loadConfiguration('cygnet.yaml', hostOf(text));
  return 'errors' in result ? result.errors.filter(({ severity }) => severity === 'error').map(formatProblem) : [];
}

/** A machine that has this one file. */
function hostOf(text: string): ConfigurationHost {
  return { readFile: () => text, listDirectory: () => [], permissions: () => 0o600, variable: () => undefined };
}
