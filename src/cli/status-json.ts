import type { ControlClient } from '../control/client.ts';
import type { Terminal } from './terminal.ts';

/** How these tunnels are when a command is done with them, for programs: the shape of `status --json`. */
export async function printStatuses(
  client: ControlClient,
  tunnels: readonly string[],
  terminal: Terminal,
): Promise<void> {
  terminal.out(JSON.stringify(await client.call('status', { tunnel: [...tunnels] }), null, 2));
}

export const STATUS_JSON = ['--json', 'print how they are at the end as JSON, as status does'] as const;
