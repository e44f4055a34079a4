import { type Command, InvalidArgumentError } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { eventLine } from '../event-line.ts';
import { counted } from '../units.ts';

type Options = { readonly follow?: boolean; readonly after?: number; readonly json?: true; readonly control?: string };

export function eventsCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('events', 'events [tunnel...]', 'tell what has happened, or follow what happens')
    .option('-f, --follow', 'go on with what happens from now on, until Ctrl-C')
    .option('--after <id>', 'begin after the event with this id; 0: with the first that is remembered', parseId)
    .option('--json', 'print one JSON object a line')
    .action(async (tunnels: string[], { follow = false, after, json, control }: Options) => {
      const client = controlClient(control === undefined ? {} : { control }, terminal);
      const events = await client.events({
        signal: new AbortController().signal,
        follow,
        ...startOf(after, follow),
        ...(tunnels.length === 0 ? {} : { tunnel: tunnels }),
        onLost: (count) => terminal.err(`${counted(count, 'event')} before these are forgotten already`),
      });
      for await (const event of events)
        terminal.out(json ? JSON.stringify(event) : eventLine(event, { alone: false, colour: terminal.colour }));
      finish(EXIT.ok);
    });
}

/** Whoever follows wants what is new, whoever does not what is remembered. */
function startOf(after: number | undefined, follow: boolean): { readonly after?: number } {
  if (after !== undefined) return { after };
  return follow ? {} : { after: 0 };
}

function parseId(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be the id of an event, a whole number.');
  return Number(text);
}
