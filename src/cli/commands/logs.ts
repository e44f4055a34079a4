import { type Command, InvalidArgumentError } from 'commander';
import type { Duration } from '../../base/time.ts';
import { parseDuration } from '../../config/duration.ts';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { type Context, controlClient, controlOption, describedCommand } from '../context.ts';
import { eventLine } from '../event-line.ts';
import { counted } from '../units.ts';

type Options = {
  readonly follow?: boolean;
  readonly since?: Duration;
  readonly json?: true;
  readonly control?: string;
};

export function logsCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  const command = describedCommand({
    usage: 'logs <tunnel>',
    summary: 'tell the connection log of a tunnel',
    examples: [
      ['idc', 'all that the daemon remembers of it'],
      ['idc --since 10m', 'of the last ten minutes'],
      ['idc -f', 'and what comes, until Ctrl-C'],
    ],
    exits: [0, 1, 2, 4, 5, 6],
  });
  return controlOption(command)
    .option('-f, --follow', 'go on with what happens from now on, until Ctrl-C')
    .option('--since <duration>', 'begin so long ago: 90s, 10m, 2h, 1d', parseSince)
    .option('--json', 'print one JSON object a line')
    .action(async (tunnel: string, { follow = false, since, json, ...options }: Options) => {
      const client = controlClient(options, terminal);
      // It says so where there is no such tunnel.
      await client.call('status', { tunnel: [tunnel] });
      const from = since === undefined ? Number.NEGATIVE_INFINITY : terminal.now() - since;
      const events = await client.events({
        signal: new AbortController().signal,
        after: 0,
        follow,
        tunnel: [tunnel],
        onLost: (count) => terminal.err(`${counted(count, 'event')} of all tunnels before these are forgotten already`),
      });
      for await (const event of events) {
        if (Date.parse(event.time) < from) continue;
        terminal.out(json ? JSON.stringify(event) : eventLine(event, { alone: true, colour: terminal.colour }));
      }
      finish(EXIT.ok);
    });
}

function parseSince(text: string): Duration {
  const duration = parseDuration(text);
  if (duration === undefined) throw new InvalidArgumentError('It must be a duration such as 90s, 10m, 2h or 1d.');
  return duration;
}
