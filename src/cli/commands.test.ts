import { describe, expect, it } from 'vitest';
import { loadCommands } from './commands.ts';

const ALL = await loadCommands('');

describe('the commands', () => {
  it('are loaded by name, each alone', async () => {
    const [status, ...more] = await loadCommands('status');
    expect([status?.name, more]).toEqual(['statusCommand', []]);
    expect((await loadCommands('support-bundle')).map(({ name }) => name)).toEqual(['supportBundleCommand']);
  });

  it.each(['staus', '--help', '', 'toString', '__proto__'])('are all loaded for %j, which is none', async (name) => {
    expect(ALL.length).toBeGreaterThan(20);
    expect(await loadCommands(name)).toEqual(ALL);
  });
});
