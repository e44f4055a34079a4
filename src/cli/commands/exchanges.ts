import type { Command } from 'commander';
import { printable } from '../../base/printable.ts';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import type { ExchangedMessage } from '../../control/observing-shapes.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { counted } from '../units.ts';

export function exchangesCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('exchanges', 'exchanges <tunnel>')
    .option('--json', 'print JSON')
    .action(async (tunnel: string, options: { json?: true; control?: string }) => {
      const report = await controlClient(options, terminal).call('exchanges', { tunnel });
      if (options.json) terminal.out(JSON.stringify(report, null, 2));
      else {
        for (const message of report.messages) terminal.out(messageText(message));
        terminal.err(`${counted(report.messages.length, 'message')}, the last that the daemon remembers`);
      }
      finish(EXIT.ok);
    });
}

/** One line for the message and one for each payload. */
function messageText({ time, way, ike, exchange, messageId, kind, payloads }: ExchangedMessage): string {
  const arrow = way === 'sent' ? '->' : '<-';
  // Message IDs of IKEv1 are random, and everybody shows them in hexadecimal.
  const id = kind === undefined ? messageId.toString(16).padStart(8, '0') : String(messageId);
  const head = `${time}  ${arrow} ${[printable(exchange), kind, id].filter(Boolean).join(' ')}  (IKE SA ${ike})`;
  return [head, ...payloads.map((payload) => `      ${printable(payload)}`)].join('\n');
}
