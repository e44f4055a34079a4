import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Command } from './command.ts';
import { COMMAND_SCHEMAS } from './command-schemas.ts';
import { COMMANDS, type CommandName } from './commands.ts';
import { ControlError } from './control-error.ts';

/**
 * The request of a command as its schema yields it, out of path, query and body. Throws a ControlError that says in
 * plain words what is wrong.
 */
export async function readRequest(
  message: IncomingMessage,
  { command, parameters, query }: { command: CommandName; parameters: Record<string, string>; query: URLSearchParams },
  maxBody: number,
): Promise<object> {
  const { method, maxBody: ownMaximum }: Command = COMMANDS[command];
  const schema: z.ZodObject = COMMAND_SCHEMAS[command].request;
  const fields = method === 'POST' ? await readBody(message, ownMaximum ?? maxBody) : readQuery(query, schema);
  const parsed = schema.safeParse({ ...fields, ...parameters });
  if (!parsed.success) throw new ControlError('bad-request', describeIssues(parsed.error));
  return parsed.data;
}

async function readBody(message: IncomingMessage, maxBody: number): Promise<object> {
  const body = parseJson((await readBytes(message, maxBody)).toString('utf8'));
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ControlError('bad-request', 'the body must be a JSON object such as {"tunnels": ["idc"]}');
  }
  return body;
}

/** Leaving a `for await` loop would destroy the connection before the refusal is sent, hence the events. */
function readBytes(message: IncomingMessage, maxBody: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    message.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBody) return void chunks.push(chunk);
      chunks.length = 0;
      reject(new ControlError('too-large', `a request body has at most ${maxBody} bytes`));
    });
    message.on('end', () => resolve(Buffer.concat(chunks)));
    message.on('error', reject);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ControlError('bad-request', `the body is not JSON: ${why}`);
  }
}

function readQuery(query: URLSearchParams, schema: z.ZodObject): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null);
  for (const key of new Set(query.keys())) {
    fields[key] = takesList(schema, key) ? query.getAll(key) : query.get(key);
  }
  return fields;
}

function takesList(schema: z.ZodObject, key: string): boolean {
  const field = Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
  return (field instanceof z.ZodOptional ? field.unwrap() : field) instanceof z.ZodArray;
}

function describeIssues(error: z.ZodError): string {
  const sentences = error.issues.slice(0, 5).map((issue) => {
    const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    return `${where}${issue.message}`;
  });
  return sentences.join('; ');
}
