import type { Command } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import type { TunnelStatus } from '../../control/protocol.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { type Cell, table } from '../table.ts';
import { noteOf, STATE, sinceText, summaryText } from '../tunnel-text.ts';
import { formatBytes } from '../units.ts';

export function statusCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('status', 'status [tunnel...]')
    .option('--json', 'print JSON')
    .action(async (tunnels: string[], options: { json?: true; control?: string }) => {
      const client = controlClient(options, terminal);
      const report = await client.call('status', tunnels.length === 0 ? {} : { tunnel: tunnels });
      if (options.json) terminal.out(JSON.stringify(report, null, 2));
      else tell(report.tunnels);
      finish(report.tunnels.some(isDown) ? EXIT.tunnelDown : EXIT.ok);
    });

  function tell(tunnels: readonly TunnelStatus[]): void {
    if (tunnels.length > 0) terminal.out(statusTable(tunnels, terminal));
    const failed = tunnels.find(({ reason }) => reason !== null);
    const hint = failed === undefined || tunnels.length === 1 ? '' : `; why: cygnet diagnose ${failed.name}`;
    terminal.err(`${summaryText(tunnels)}${hint}`);
  }
}

function isDown({ connectionStatus }: TunnelStatus): boolean {
  return STATE[connectionStatus].isDown;
}

export function statusTable(tunnels: readonly TunnelStatus[], { now, colour }: Context['terminal']): string {
  const heading = ['TUNNEL', 'PEER', 'STATE', 'SINCE', 'IN', 'OUT', 'NOTE'];
  const rows = tunnels.map((tunnel): Cell[] => {
    const { name, peer, connectionStatus, children } = tunnel;
    const sum = (key: 'bytesIn' | 'bytesOut'): string => {
      return children.length === 0 ? '' : formatBytes(children.reduce((total, child) => total + child[key], 0));
    };
    const { text, style } = STATE[connectionStatus];
    return [
      name,
      peer,
      { text, style },
      sinceText(tunnel, now()),
      sum('bytesIn'),
      sum('bytesOut'),
      noteOf(tunnel, now()),
    ];
  });
  return table(heading, rows, colour);
}
