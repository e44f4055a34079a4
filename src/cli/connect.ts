import { printable } from '../base/printable.ts';
import type { ControlClient } from '../control/client.ts';
import { EXIT, type ExitStatus } from '../control/exit.ts';
import type { TunnelStatus } from '../control/protocol.ts';
import { adviceFor } from './advice.ts';
import { Progress } from './progress.ts';
import { type Outcome, settle } from './settle.ts';
import type { Terminal } from './terminal.ts';
import { nextAttemptText, pairsText, STATE } from './tunnel-text.ts';
import { formatDuration } from './units.ts';

export type ConnectOptions = {
  readonly client: ControlClient;
  readonly terminal: Terminal;
  readonly command: 'up' | 'restart';
  readonly tunnels: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
};

/** Brings tunnels up, tells the progress on stderr, and resolves once each is connected or has failed. */
export async function connect({ client, terminal, command, tunnels, timeout }: ConnectOptions): Promise<ExitStatus> {
  const begun = terminal.now();
  const progress = new Progress(terminal);
  const earlier = command === 'restart' ? await establishedSpis(client, tunnels) : new Set<string>();
  const outcomes = await settle({
    client,
    tunnels,
    timeout,
    start: () => client.call(command, { tunnels: [...tunnels] }),
    judge: (tunnel) => judgeConnected(tunnel, earlier),
    onEvent: (event) => progress.tell(event),
    onOutcome: (tunnel, outcome) => {
      progress.sumUp(tunnel.name);
      for (const line of outcomeLines(tunnel, outcome, { now: terminal.now(), begun })) terminal.err(line);
    },
  });
  return exitOf(outcomes);
}

export function exitOf(outcomes: readonly Outcome[]): ExitStatus {
  if (outcomes.includes('failed')) return EXIT.failed;
  return outcomes.includes('pending') ? EXIT.timeout : EXIT.ok;
}

/** An IKE SA from before a restart says nothing about the outcome of the restart. */
async function establishedSpis(client: ControlClient, tunnels: readonly string[]): Promise<Set<string>> {
  const report = await client.call('status', { tunnel: [...tunnels] });
  return new Set(report.tunnels.flatMap(({ ike }) => (ike === null ? [] : [spisOf(ike)])));
}

function judgeConnected({ connectionStatus, ike }: TunnelStatus, earlier: ReadonlySet<string>): Outcome {
  if (connectionStatus === 'connected') return ike !== null && earlier.has(spisOf(ike)) ? 'pending' : 'done';
  return connectionStatus === 'connecting' || connectionStatus === 'waiting' ? 'pending' : 'failed';
}

function spisOf(ike: NonNullable<TunnelStatus['ike']>): string {
  return `${ike.initiatorSpi} ${ike.responderSpi}`;
}

function outcomeLines(
  tunnel: TunnelStatus,
  outcome: Outcome,
  { now, begun }: { now: number; begun: number },
): string[] {
  const { name, reason } = tunnel;
  const took = formatDuration(now - begun);
  if (outcome === 'done') return [`${name}: connected after ${took}: ${pairsText(tunnel)}`];
  const why = reason === null ? '' : `: ${printable(reason.text)}`;
  const state = STATE[tunnel.connectionStatus].text.toLowerCase();
  const head = outcome === 'failed' ? `${name}: ${state}${why}` : `${name}: still ${state} after ${took}${why}`;
  const advice = reason === null ? undefined : adviceFor(reason.code);
  const next =
    nextAttemptText(tunnel, now) || (tunnel.connectionStatus === 'connecting' ? 'the daemon goes on trying' : '');
  return [
    head,
    ...hintLines(tunnel, advice),
    ...(next === '' ? [] : [`  ${next}; follow it with: cygnet status ${name}`]),
  ];
}

function hintLines({ connectionStatus }: TunnelStatus, advice: string | undefined): string[] {
  if (advice !== undefined) return [`  next: ${advice}`];
  if (connectionStatus === 'waiting') return ['  next: this end only answers; start the tunnel at the other end'];
  return [];
}
