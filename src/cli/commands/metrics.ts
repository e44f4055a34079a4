import type { Command } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { metricsReport } from '../metrics-json.ts';

export function metricsCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('metrics', 'metrics')
    .option('--json', 'print JSON')
    .action(async ({ json, ...options }: { json?: true; control?: string }) => {
      const text = await controlClient(options, terminal).call('metrics', {});
      terminal.out(json ? JSON.stringify(metricsReport(text), null, 2) : text.trimEnd());
      finish(EXIT.ok);
    });
}
