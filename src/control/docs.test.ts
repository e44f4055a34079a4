import { describe, expect, it } from 'vitest';
import { COMMANDS } from './commands.ts';
import { controlApiMarkdown } from './docs.ts';

describe('docs/control-api.md', () => {
  it('is what the tables yield; `npm run docs` writes it anew', async () => {
    await expect(controlApiMarkdown()).toMatchFileSnapshot('../../docs/control-api.md');
  });

  it('names every path, and every reply has a named shape', () => {
    const text = controlApiMarkdown();
    for (const { method, path } of Object.values(COMMANDS)) expect(text).toContain(`## ${method} ${path}\n`);
    expect(text).not.toContain('[](#)');
  });
});
