import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from './commands.ts';
import { controlApiMarkdown } from './docs.ts';
import { openApiDocument } from './openapi.ts';

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

describe('docs/openapi.json', () => {
  const document = openApiDocument() as {
    paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
    components: { schemas: Record<string, unknown> };
  };

  it('is what the tables yield; `npm run docs` writes it anew', async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../docs/openapi.json');
  });

  it('has its digest in src/control/shapes-digest.ts; `npm run docs` writes it anew', async () => {
    const digest = createHash('sha256').update(JSON.stringify(document)).digest('hex').slice(0, 16);
    await expect(digestModule(digest)).toMatchFileSnapshot('shapes-digest.ts');
  });

  it('has every command once, with the parameters of its path', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(Object.keys(COMMANDS).toSorted());
    for (const [path, methods] of Object.entries(document.paths))
      for (const { parameters } of Object.values(methods)) {
        const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
        expect(path.match(/\{\w+\}/g) ?? []).toEqual(named);
      }
  });

  it('refers to nothing that is not there', () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]*)"/g);
    const names = new Set([...references].map(([, name = '']) => name));
    expect(names.size).toBeGreaterThan(5);
    for (const name of names) expect(Object.keys(document.components.schemas)).toContain(name);
  });
});

function digestModule(digest: string): string {
  const comment =
    'Of docs/openapi.json, which has every shape of the control API; `npm run docs` writes this file anew.';
  return `/** ${comment} */\nexport const SHAPES_DIGEST = '${digest}';\n`;
}
