import { z } from 'zod';
import { type Command, name } from '../command.ts';
import { exchangesReportSchema, metricsSchema } from '../protocol.ts';

/** What lets the daemon be watched from outside, and looked into. */
export const OBSERVING = {
  metrics: {
    method: 'GET',
    // Where every scraper looks.
    path: '/metrics',
    access: 'read',
    request: z.strictObject({}),
    reply: metricsSchema,
    kind: 'text',
    contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
    summary: 'print counters and states as OpenMetrics',
    note: 'Every configured tunnel and pair of segments has its series, up or down; counters go on through rekeyings.',
    examples: [['', 'for Prometheus, such as by the textfile collector of its node exporter']],
    exits: [0, 1, 2, 4, 6],
  },
  exchanges: {
    method: 'GET',
    path: '/v1/tunnels/{tunnel}/exchanges',
    access: 'read',
    request: z.strictObject({ tunnel: name }),
    reply: exchangesReportSchema,
    kind: 'reply',
    summary: 'tell the last messages of a tunnel, decoded',
    note: 'Of keys, nonces and proofs no more than their length is told.',
    examples: [
      ['idc', 'what both ends said, as far as it is remembered'],
      ['idc --json', 'for programs'],
    ],
    exits: [0, 1, 2, 4, 5, 6],
  },
} as const satisfies Record<string, Command>;
