import type { Command } from '../command.ts';

const BEGUN =
  'The answer comes once that has begun, and shows it; the outcome is told by the events and by later statuses.';

/** What is done to tunnels and leaves the configuration as it is. */
export const ACTING = {
  up: {
    method: 'POST',
    path: '/v1/up',
    access: 'admin',
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
    access: 'admin',
    kind: 'reply',
    summary: 'disconnect tunnels, at the peer too, and leave them down',
    note: BEGUN,
    examples: [['idc', 'delete its SAs at both ends']],
    exits: [0, 1, 2, 4, 5, 6],
  },
  restart: {
    method: 'POST',
    path: '/v1/restart',
    access: 'admin',
    kind: 'reply',
    summary: 'disconnect tunnels and connect them anew',
    note: BEGUN,
    examples: [['idc', 'delete its SAs, then connect; the exit status tells whether it is up']],
    exits: [0, 1, 2, 4, 5, 6],
  },
  rekey: {
    method: 'POST',
    path: '/v1/rekey',
    access: 'admin',
    kind: 'reply',
    summary: 'give tunnels new keys now, without a break',
    note: BEGUN,
    examples: [
      ['idc', 'a successor of its IKE SA'],
      ['idc --child', 'successors of all its Child SAs, which shows whether the PFS groups of both ends fit'],
    ],
    exits: [0, 1, 2, 4, 5, 6],
  },
} as const satisfies Record<string, Command>;
