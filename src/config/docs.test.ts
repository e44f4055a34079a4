import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fileSchema } from './schema.ts';
import { loadText } from './testing/load-text.ts';

const DOCS = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

const KEYS = { '/etc/cygnet/idc.psk': 'a-key-of-the-test', '/etc/cygnet/idc.ppk': 'another-key-of-the-test' };

describe('docs/configuration.md', () => {
  const examples = [...DOCS.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);

  it('has examples that are all valid', () => {
    expect(examples.length).toBeGreaterThanOrEqual(3);
    for (const example of examples) {
      const { tunnels, shunts } = loadText(example, KEYS);
      expect(tunnels.length + shunts.length).toBeGreaterThan(0);
    }
  });

  it('the short example means the same as the long one, but for its key', () => {
    const [short, long] = examples.map((example) => {
      const [tunnel] = loadText(example, { ...KEYS, '/etc/cygnet/idc.psk': 'test.1231' }).tunnels;
      return tunnel?.policy;
    });
    expect(short).toEqual(long);
  });

  it('names every key', () => {
    const keys = keysOf(fileSchema);
    expect(keys).toEqual(expect.arrayContaining(['publicAddress', 'blockClearText', 'dhGroup', 'credential']));
    const missing = keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(DOCS));
    expect(missing).toEqual([]);
  });
});

/** The keys of a schema and of all that it contains. */
function keysOf(schema: unknown): string[] {
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
  if (schema instanceof z.ZodOptional) return keysOf(schema.unwrap());
  if (schema instanceof z.ZodRecord) return keysOf(schema.valueType);
  if (schema instanceof z.ZodArray) return keysOf(schema.element);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(keysOf);
  return schema instanceof z.ZodPipe ? [...keysOf(schema.in), ...keysOf(schema.out)] : [];
}
