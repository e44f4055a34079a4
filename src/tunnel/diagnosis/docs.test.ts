import { describe, expect, it } from 'vitest';
import { diagnosisMarkdown } from './docs.ts';
import { VERDICTS } from './verdicts.ts';

describe('docs/diagnosis.md', () => {
  it('is what the tables yield; `npm run docs` writes it anew', async () => {
    await expect(diagnosisMarkdown()).toMatchFileSnapshot('../../../docs/diagnosis.md');
  });

  it('tells every code once', () => {
    const told = [...diagnosisMarkdown().matchAll(/^### `([a-z0-9-]+)`$/gm)].map(([, code]) => code);
    expect(told.toSorted()).toEqual(Object.keys(VERDICTS).toSorted());
  });
});
