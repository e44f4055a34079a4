import { z } from 'zod';
import { type Command, name } from '../command.ts';
import { diagnosisSchema } from '../diagnosis-schema.ts';
import { SORT_KEYS } from '../listing.ts';
import {
  controlEventSchema,
  exportReportSchema,
  LIST_KINDS,
  listReportSchema,
  openApiSchema,
  statusReportSchema,
  tunnelDetailSchema,
  versionReportSchema,
} from '../protocol.ts';

const someTunnels = z.array(name).max(10_000).describe('all where none is named').optional();

/** What tells and changes nothing. */
export const READING = {
  version: {
    method: 'GET',
    path: '/v1/version',
    access: 'read',
    request: z.strictObject({}),
    reply: versionReportSchema,
    kind: 'reply',
    summary: 'which daemon answers',
    note: '',
    examples: [],
    exits: [0, 1, 4],
  },
  openapi: {
    method: 'GET',
    path: '/v1/openapi.json',
    access: 'read',
    request: z.strictObject({}),
    reply: openApiSchema,
    kind: 'reply',
    summary: 'this API as OpenAPI 3.1',
    note: '',
    examples: [],
    exits: [0, 1, 4],
  },
  status: {
    method: 'GET',
    path: '/v1/status',
    access: 'read',
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
    access: 'read',
    request: z.strictObject({
      kind: z.enum(LIST_KINDS),
      query: z
        .string()
        .max(256)
        .describe('words that must all occur in the row; where they do in none, rows that nearly have them')
        .optional(),
      sort: z
        .string()
        .max(64)
        .describe(
          `${LIST_KINDS.map((kind) => `${kind}: ${Object.keys(SORT_KEYS[kind]).join(', ')}`).join('; ')}; with a hyphen before it, the last comes first`,
        )
        .optional(),
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(10_000)
        .describe('rows of a page; all where nothing is said')
        .optional(),
      cursor: z.string().max(256).describe('`next` of the page before').optional(),
    }),
    reply: listReportSchema,
    kind: 'reply',
    summary: 'list what is configured',
    note: '',
    examples: [
      ['tunnels', 'every tunnel'],
      ['gateways prod', 'the gateways with "prod" in a name, a label or an address'],
      ['tunnels --sort state --limit 50', 'the first 50'],
      ['tunnels --xlsx tunnels.xlsx', 'for a spreadsheet; also --csv'],
      ['peers --json', 'for programs'],
    ],
    exits: [0, 1, 2, 4, 6],
  },
  show: {
    method: 'GET',
    path: '/v1/tunnels/{tunnel}',
    access: 'read',
    adminKeys: ['reveal'],
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
  export: {
    method: 'GET',
    path: '/v1/tunnels/{tunnel}/export',
    access: 'read',
    adminKeys: ['reveal'],
    request: z.strictObject({
      tunnel: name,
      format: z.string().min(1).max(64).describe('such as swanctl or cisco-ios; a refusal names all'),
      reveal: z.enum(['true', 'false']).describe('whether the pre-shared key is told').optional(),
    }),
    reply: exportReportSchema,
    kind: 'reply',
    summary: "write the configuration of a tunnel's other end",
    note: '',
    examples: [
      ['idc --format swanctl', 'what strongSwan needs there'],
      ['cisco --format cisco-ios --reveal', 'with the pre-shared key'],
      ['--list-formats', 'what there is'],
    ],
    exits: [0, 1, 2, 4, 5, 6],
  },
  diagnose: {
    method: 'GET',
    path: '/v1/tunnels/{tunnel}/diagnosis',
    access: 'read',
    request: z.strictObject({
      tunnel: name,
      ask: z
        .enum(['true', 'false'])
        .describe('false: nothing is sent to the peer; else it may be asked which IKE version it has')
        .optional(),
    }),
    reply: diagnosisSchema,
    kind: 'reply',
    summary: 'tell why a tunnel is not connected, and what to change at which end',
    note: 'Of a tunnel that is connected it tells whether packets go both ways, and what will go wrong later.',
    examples: [
      ['idc', 'the verdict, what was seen, both sides of it, the fix here and there'],
      ['idc --json', 'for programs'],
    ],
    exits: [0, 1, 2, 4, 5, 6, 7],
  },
  events: {
    method: 'GET',
    path: '/v1/events',
    access: 'read',
    request: z.strictObject({
      after: z
        .string()
        .regex(/^\d{1,15}$/)
        .describe('replay from the event after this id; without it only new ones; 0 for all that are remembered')
        .optional(),
      follow: z
        .enum(['true', 'false'])
        .describe('false: end with what is remembered; else what comes is told as well, without end')
        .optional(),
      tunnel: z
        .array(name)
        .max(10_000)
        .describe('of these tunnels only; of all, and of none, where none is named')
        .optional(),
    }),
    reply: controlEventSchema,
    kind: 'events',
    summary: 'tell what has happened and what happens',
    note: '',
    examples: [
      ['', 'those that the daemon remembers'],
      ['-f idc', 'what happens to one tunnel from now on, until Ctrl-C'],
      ['-f --after 4711 --json', 'for programs: one JSON object a line, from the last one that was seen'],
    ],
    exits: [0, 1, 2, 4],
  },
} as const satisfies Record<string, Command>;
