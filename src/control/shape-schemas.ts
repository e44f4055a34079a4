import { z } from 'zod';
import { SHAPES } from './protocol.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The published name of a shape; empty for one that has none. */
export function shapeName(schema: z.ZodType): string {
  return Object.entries(SHAPES).find(([, shape]) => shape === schema)?.[0] ?? '';
}

/** Every shape as JSON Schema (2020-12), by its name. `uri` says how one refers to another. */
export function shapeSchemas(uri: (name: string) => string): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, shape] of Object.entries(SHAPES)) registry.add(shape, { id });
  const { schemas } = z.toJSONSchema(registry, { uri });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]): [string, JsonSchema] => [name, schema]),
  );
}
