import { z } from 'zod';
import { type Command, type CommandSchemas, pathParameters } from './command.ts';
import { COMMAND_SCHEMAS } from './command-schemas.ts';
import { COMMANDS, type CommandName } from './commands.ts';
import { ERROR_STATUS } from './error-shapes.ts';
import { type JsonSchema, shapeName, shapeSchemas } from './shape-schemas.ts';

/** The control API as OpenAPI 3.1, derived from the tables: docs/openapi.json is this, and a test compares them. */
export function openApiDocument(): object {
  const paths = new Map<string, Record<string, object>>();
  for (const [name, row] of Object.entries(COMMANDS) as [CommandName, Command][]) {
    const command = { ...row, ...COMMAND_SCHEMAS[name] };
    const path = paths.get(command.path) ?? {};
    paths.set(command.path, { ...path, [command.method.toLowerCase()]: operation(name, command) });
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Cygnet control API',
      // Of the interface, not of the daemon: /v1/version tells that.
      version: '1',
      description: 'HTTP/1.1 with JSON over a Unix socket. Shapes change only by adding.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://cygnet', description: 'any host name will do: /run/cygnet/control.sock is what counts' }],
    tags: [
      { name: 'read', description: 'the socket for reading only takes these as well' },
      { name: 'admin', description: 'these need the socket that takes everything' },
    ],
    paths: Object.fromEntries(paths),
    components: { schemas: shapeSchemas((name) => `#/components/schemas/${name}`) },
  };
}

function operation(name: string, command: Command & CommandSchemas): object {
  const { method, summary, note, access } = command;
  const schema = z.toJSONSchema(command.request, { io: 'input' });
  const inPath = new Set(pathParameters(command.path));
  const fields = Object.entries(schema.properties ?? {}).map(([key, field]) => [key, plain(field)] as const);
  const required = new Set(schema.required);
  const parameters = fields.filter(([key]) => method === 'GET' || inPath.has(key));
  return {
    operationId: name,
    summary,
    ...(note === '' ? {} : { description: note }),
    tags: [access],
    parameters: parameters.map(([key, { description, ...field }]) => ({
      name: key,
      in: inPath.has(key) ? 'path' : 'query',
      required: inPath.has(key) || required.has(key),
      ...(description === undefined ? {} : { description }),
      schema: field,
    })),
    ...(method === 'GET'
      ? {}
      : requestBody(
          fields.filter(([key]) => !inPath.has(key)),
          required,
        )),
    responses: {
      200: { description: 'done', content: answer(command) },
      default: {
        description: `refused: ${Object.entries(ERROR_STATUS)
          .map(([code, status]) => `${status} ${code}`)
          .join(', ')}`,
        content: json({ $ref: '#/components/schemas/ErrorReport' }),
      },
    },
  };
}

function requestBody(fields: readonly (readonly [string, JsonSchema])[], required: ReadonlySet<string>): object {
  return {
    requestBody: {
      required: true,
      content: json({
        type: 'object',
        properties: Object.fromEntries(fields),
        required: fields.map(([key]) => key).filter((key) => required.has(key)),
        additionalProperties: false,
      }),
    },
  };
}

function answer({ kind, reply, contentType = 'text/plain' }: Command & CommandSchemas): object {
  const schema = { $ref: `#/components/schemas/${shapeName(reply)}` };
  if (kind === 'text' || kind === 'bytes') return { [contentType]: { schema } };
  return kind === 'events' ? { 'text/event-stream': { schema } } : json(schema);
}

function json(schema: object): object {
  return { 'application/json': { schema } };
}

function plain(field: boolean | JsonSchema): JsonSchema {
  return typeof field === 'object' ? field : {};
}
