import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VICI_EVENTS } from './command.ts';
import { VICI_COMMANDS } from './commands.ts';

describe('docs/vici.md', () => {
  it('names every command and every event', () => {
    const text = readFileSync(new URL('../../../docs/vici.md', import.meta.url), 'utf8');
    const missing = [...VICI_COMMANDS.keys(), ...VICI_EVENTS].filter((name) => !text.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });
});
