import { z } from 'zod';
import {
  controlEventSchema,
  LIST_KINDS,
  listReportSchema,
  statusReportSchema,
  tunnelDetailSchema,
  versionReportSchema,
} from './protocol.ts';

/** What the exit statuses of the command line mean. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  configurationInvalid: 3,
  unreachable: 4,
  notFound: 5,
  timeout: 6,
  tunnelDown: 7,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_TEXT = {
  0: 'done',
  1: 'failed; the reason is on stderr',
  2: 'wrong usage',
  3: 'the configuration is invalid',
  4: 'the daemon cannot be reached',
  5: 'no tunnel of that name',
  6: 'not settled within the time',
  7: 'a tunnel that should be up is not connected',
} as const satisfies Record<ExitStatus, string>;

/** One command of the control API. Everything about it derives from here: dispatch, client, help, docs/control-api.md. */
type Command = {
  readonly method: 'GET' | 'POST';
  /** `{key}` stands for the request's value of that key, percent-encoded. */
  readonly path: string;
  /** GET takes what is not in the path from the query, POST from a JSON body. */
  readonly request: z.ZodObject;
  readonly reply: z.ZodType;
  /** `events`: a stream of server-sent events, each with the reply as its data. */
  readonly kind: 'reply' | 'events';
  readonly summary: string;
  /** What a user of the API, rather than of the command line, must know besides; may be empty. */
  readonly note: string;
  /** Arguments of `cygnet NAME`, each with what it does; empty for commands without a command line. */
  readonly examples: readonly (readonly [args: string, meaning: string])[];
  readonly exits: readonly ExitStatus[];
};

const name = z.string().min(1).max(256);
const someTunnels = z.array(name).max(10_000).describe('all where none is named').optional();
const namedTunnels = z.array(name).min(1).max(10_000);

const BEGUN =
  'The answer comes once that has begun, and shows it; the outcome is told by the events and by later statuses.';

export const COMMANDS = {
  version: {
    method: 'GET',
    path: '/v1/version',
    request: z.strictObject({}),
    reply: versionReportSchema,
    kind: 'reply',
    summary: 'which daemon answers',
    note: '',
    examples: [],
    exits: [0, 1, 4],
  },
  status: {
    method: 'GET',
    path: '/v1/status',
    request: z.strictObject({ tunnel: someTunnels }),
    reply: statusReportSchema,
    kind: 'reply',
    summary: 'tell how the tunnels are doing',
    note: '',
    examples: [
      ['', 'all tunnels'],
      ['idc', 'one tunnel; the exit status is 7 while it is down'],
      ['--json', 'for programs: SAs, SPIs, counters'],
    ],
    exits: [0, 1, 2, 4, 5, 6, 7],
  },
  list: {
    method: 'GET',
    path: '/v1/list/{kind}',
    request: z.strictObject({
      kind: z.enum(LIST_KINDS),
      query: z.string().max(256).describe('words that must all occur in the row').optional(),
    }),
    reply: listReportSchema,
    kind: 'reply',
    summary: 'list what is configured',
    note: '',
    examples: [
      ['tunnels', 'every tunnel'],
      ['gateways prod', 'the gateways with "prod" in a name, a label or an address'],
      ['peers --json', 'for programs'],
    ],
    exits: [0, 1, 2, 4, 6],
  },
  show: {
    method: 'GET',
    path: '/v1/tunnels/{tunnel}',
    request: z.strictObject({
      tunnel: name,
      reveal: z.enum(['true', 'false']).describe('whether the pre-shared key is told').optional(),
    }),
    reply: tunnelDetailSchema,
    kind: 'reply',
    summary: 'tell everything about one tunnel',
    note: '',
    examples: [
      ['idc', 'status, SAs, configuration, weak choices, last events'],
      ['idc --reveal', 'with the pre-shared key'],
    ],
    exits: [0, 1, 2, 4, 5, 6],
  },
  up: {
    method: 'POST',
    path: '/v1/up',
    request: z.strictObject({ tunnels: namedTunnels }),
    reply: statusReportSchema,
    kind: 'reply',
    summary: 'connect tunnels',
    note: BEGUN,
    examples: [
      ['idc', 'connect; the exit status tells whether it is up'],
      ['idc dc2 --timeout 10', 'two tunnels, at most 10 seconds'],
    ],
    exits: [0, 1, 2, 4, 5, 6],
  },
  down: {
    method: 'POST',
    path: '/v1/down',
    request: z.strictObject({ tunnels: namedTunnels }),
    reply: statusReportSchema,
    kind: 'reply',
    summary: 'disconnect tunnels, at the peer too, and leave them down',
    note: BEGUN,
    examples: [['idc', 'delete its SAs at both ends']],
    exits: [0, 1, 2, 4, 5, 6],
  },
  restart: {
    method: 'POST',
    path: '/v1/restart',
    request: z.strictObject({ tunnels: namedTunnels }),
    reply: statusReportSchema,
    kind: 'reply',
    summary: 'disconnect tunnels and connect them anew',
    note: BEGUN,
    examples: [['idc', 'delete its SAs, then connect; the exit status tells whether it is up']],
    exits: [0, 1, 2, 4, 5, 6],
  },
  events: {
    method: 'GET',
    path: '/v1/events',
    request: z.strictObject({
      after: z
        .string()
        .regex(/^\d{1,15}$/)
        .describe('replay from the event after this id; without it only new ones; 0 for all that are remembered')
        .optional(),
    }),
    reply: controlEventSchema,
    kind: 'events',
    summary: 'follow what happens',
    note: '',
    examples: [],
    exits: [0, 1, 4],
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof COMMANDS;
export type ReplyCommandName = Exclude<CommandName, 'events'>;
export type RequestOf<Name extends CommandName> = z.output<(typeof COMMANDS)[Name]['request']>;
export type ReplyOf<Name extends CommandName> = z.output<(typeof COMMANDS)[Name]['reply']>;

/** The names in braces of a command's path. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}
