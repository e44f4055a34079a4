import type { z } from 'zod';
import type { ExitStatus } from './exit.ts';

/** What a client may do: each socket of the daemon is for one of them, and `admin` includes `read`. */
export type Access = 'read' | 'admin';

/**
 * One command of the control API. Everything about it derives from here and from its schemas: server, client, help,
 * documentation.
 */
export type Command = {
  readonly method: 'GET' | 'POST';
  /** `{key}` stands for the request's value of that key, percent-encoded. */
  readonly path: string;
  /** `read` tells and changes nothing. */
  readonly access: Access;
  /** Of a command that is `read` else: the keys that only an `admin` may set, as what they ask for is secret. */
  readonly adminKeys?: readonly string[];
  /** Bytes of a body, where more than usual are needed. */
  readonly maxBody?: number;
  /**
   * `events`: a stream of server-sent events, each with the reply as its data; `text`: the reply is a text as it is;
   * `bytes`: a stream of them.
   */
  readonly kind: 'reply' | 'events' | 'text' | 'bytes';
  /** Of `text` and `bytes`. */
  readonly contentType?: string;
  readonly summary: string;
  /** What a user of the API, rather than of the command line, must know besides; may be empty. */
  readonly note: string;
  /** Arguments of `cygnet NAME`, each with what it does; empty for commands without a command line. */
  readonly examples: readonly (readonly [args: string, meaning: string])[];
  readonly exits: readonly ExitStatus[];
};

/** What is asked for and what is told, apart from the command: whoever only sends requests does without. */
export type CommandSchemas = {
  /** GET takes what is not in the path from the query, POST from a JSON body. */
  readonly request: z.ZodObject;
  readonly reply: z.ZodType;
};

/** Of every answer: the digest of the shapes that it is made of, so that who was made for the same ones need not check. */
export const SHAPES_HEADER = 'cygnet-shapes';

/** The names in braces of a command's path. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}
