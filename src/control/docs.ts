import { z } from 'zod';
import { type Command, pathParameters } from './command.ts';
import { COMMAND_SCHEMAS } from './command-schemas.ts';
import { COMMANDS, type CommandName } from './commands.ts';
import { ERROR_STATUS } from './error-shapes.ts';
import { EVENT_TYPES } from './event-types.ts';
import { SHAPES } from './protocol.ts';
import { type JsonSchema, shapeName, shapeSchemas } from './shape-schemas.ts';

/** docs/control-api.md, derived from the tables: the file is this text, and a test compares them. */
export function controlApiMarkdown(): string {
  return [
    INTRODUCTION,
    ...(Object.keys(COMMANDS) as CommandName[]).map(commandSection),
    '## Types of events\n',
    'A later version may know more of them: pass over what you do not know.\n',
    ['| type | what has happened |', '| --- | --- |', ...Object.entries(EVENT_TYPES).map(eventRow), ''].join('\n'),
    '## Refusals\n',
    'A refused request gets this body, and the HTTP status of its code:\n',
    [
      '| code | status |',
      '| --- | --- |',
      ...Object.entries(ERROR_STATUS).map((row) => `| ${row.join(' | ')} |`),
      '',
    ].join('\n'),
    '## Shapes\n',
    ...Object.keys(SHAPES).map(shapeSection),
  ].join('\n');
}

const INTRODUCTION = `# The control API

This file is generated from the tables in \`src/control/commands\` and \`src/control/protocol.ts\`; \`npm run docs\` writes it anew.

The daemon serves HTTP/1.1 with JSON on a Unix socket: \`/run/cygnet/control.sock\`, or what \`--control\` or
\`$CYGNET_CONTROL\` says. The socket's mode is 0660, and whoever may open it may do everything that stands here: the
daemon's user and its group, or the group of \`--control-group\`. With \`--read-group\` there is a second socket beside it,
\`/run/cygnet/control-ro.sock\`, for the members of another group: it takes the commands that need \`read\`, tells no
secrets, and refuses the rest with the code \`forbidden\`. The \`cygnet\` command is a client like any other:

    curl --unix-socket /run/cygnet/control.sock http://cygnet/v1/status
    curl --unix-socket /run/cygnet/control.sock http://cygnet/v1/up -d '{"tunnels": ["idc"]}'
    curl --unix-socket /run/cygnet/control.sock -N http://cygnet/v1/events?after=0

[openapi.json](openapi.json) is the same for programs (OpenAPI 3.1); the daemon gives it at \`/v1/openapi.json\`.

Shapes change only by adding: take no offence at fields that you do not know. Times are ISO 8601, durations seconds,
SPIs lower-case hexadecimal without 0x.

Each answer has the header \`cygnet-shapes\`: a digest of openapi.json. What was made for the same one may take the
answer as it is; the \`cygnet\` command checks it where the digest is another.
`;

function eventRow([type, meaning]: readonly [string, string]): string {
  return `| \`${type}\` | ${meaning} |`;
}

function commandSection(name: CommandName): string {
  const { method, path, access, adminKeys = [], kind, summary, note }: Command = COMMANDS[name];
  const { request, reply } = COMMAND_SCHEMAS[name];
  const inPath = new Set(pathParameters(path));
  const requestSchema = z.toJSONSchema(request, { io: 'input' });
  const rows = Object.entries(requestSchema.properties ?? {}).map(([key, field]) => {
    const where = inPath.has(key) ? 'path' : method === 'GET' ? 'query' : 'body';
    const need = requestSchema.required?.includes(key) === true ? 'required' : 'optional';
    const schema = typeof field === 'object' ? field : {};
    return `| \`${key}\` | ${where}, ${need} | \`${typeText(schema).replaceAll('|', '\\|')}\` | ${schema.description ?? ''} |`;
  });
  const table =
    rows.length === 0 ? [] : ['| field | where | type | meaning |', '| --- | --- | --- | --- |', ...rows, ''];
  const name_ = shapeName(reply);
  const answer = kind === 'events' ? EVENTS_ANSWER : `Answer: [${name_}](#${name_.toLowerCase()}).`;
  const told = note === '' ? '' : ` ${note}`;
  const need = `Needs \`${access}\`${adminKeys.map((key) => `, and \`admin\` with \`${key}\``).join('')}.`;
  return [`## ${method} ${path}\n`, `\`${name}\`: ${summary}. ${need}${told}\n`, ...table, `${answer}\n`].join('\n');
}

const EVENTS_ANSWER = `Answer: \`text/event-stream\` without end, each event with its id, its type, and a
[ControlEvent](#controlevent) as data; the types are [below](#types-of-events). Where events were asked for that the daemon has already forgotten, the first one
is of type \`lost\` with \`{"count": n}\`. A client that does not keep up is disconnected, and goes on with \`after\` or
the header \`Last-Event-ID\`. A comment every 15 seconds keeps the connection alive.`;

function shapeSection(name: string): string {
  const schema = shapeSchemas((id) => id)[name] ?? {};
  return `### ${name}\n\n\`\`\`\n${objectText(schema, '')}\n\`\`\`\n`;
}

function objectText(schema: JsonSchema, indent: string): string {
  const lines = Object.entries(schema.properties ?? {}).map(([key, field]) => {
    const property = typeof field === 'object' ? field : {};
    const optional = schema.required?.includes(key) === true ? '' : '?';
    const comment = property.description === undefined ? '' : `  // ${property.description}`;
    return `${indent}  ${key}${optional}: ${typeText(property, `${indent}  `)}${comment}`;
  });
  return ['{', ...lines, `${indent}}`].join('\n');
}

function typeText(schema: JsonSchema, indent = ''): string {
  if (schema.$ref !== undefined) return schema.$ref;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined)
    return schema.anyOf.map((choice) => typeText(choice as JsonSchema, indent)).join(' | ');
  if (schema.type === 'array') return `${typeText(schema.items as JsonSchema, indent)}[]`;
  if (schema.properties !== undefined) return objectText(schema, indent);
  if (schema.type === 'object') return '{ [name]: string }';
  return [schema.type ?? 'any'].flat().join(' | ');
}
