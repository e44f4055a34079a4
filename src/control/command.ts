import { z } from 'zod';
import type { ExitStatus } from './exit.ts';

/** What a client may do: each socket of the daemon is for one of them, and `admin` includes `read`. */
export type Access = 'read' | 'admin';

/** One command of the control API. Everything about it derives from here: server, client, help, documentation. */
export type Command = {
  readonly method: 'GET' | 'POST';
  /** `{key}` stands for the request's value of that key, percent-encoded. */
  readonly path: string;
  /** `read` tells and changes nothing. */
  readonly access: Access;
  /** Of a command that is `read` else: the keys that only an `admin` may set, as what they ask for is secret. */
  readonly adminKeys?: readonly string[];
  /** GET takes what is not in the path from the query, POST from a JSON body. */
  readonly request: z.ZodObject;
  /** Bytes of a body, where more than usual are needed. */
  readonly maxBody?: number;
  readonly reply: z.ZodType;
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

/** The name of a tunnel, gateway or peer in a request. */
export const name = z.string().min(1).max(256);

export const names = z.array(name).min(1).max(10_000);

/** The names in braces of a command's path. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}
