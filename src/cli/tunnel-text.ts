import type { ConnectionStatus, TunnelStatus } from '../control/protocol.ts';
import type { Style } from './table.ts';
import { counted, formatDuration } from './units.ts';

export const STATE: Readonly<
  Record<ConnectionStatus, { readonly text: string; readonly style: Style; readonly isDown: boolean }>
> = {
  connected: { text: 'Connected', style: 'good', isDown: false },
  connecting: { text: 'Connecting', style: 'busy', isDown: true },
  stage1Failure: { text: 'Stage 1 failure', style: 'bad', isDown: true },
  stage2Failure: { text: 'Stage 2 failure', style: 'bad', isDown: true },
  // Nobody wants it up, or only the peer can bring it up.
  disabled: { text: 'Disabled', style: 'quiet', isDown: false },
  waiting: { text: 'Waiting', style: 'quiet', isDown: false },
};

/** Why it is not up and when the next attempt is, or which segments it carries. */
export function noteOf(tunnel: TunnelStatus, now: number): string {
  const { up, total } = tunnel.pairs;
  // Beside pairs that are up, why others are not.
  const missing = up < total ? (tunnel.reason?.text ?? '') : '';
  if (tunnel.connectionStatus === 'connected') return [pairsText(tunnel), missing].filter(Boolean).join('; ');
  const parts = [
    tunnel.resourceStatus === 'running' ? '' : tunnel.resourceStatus,
    tunnel.reason?.text ?? '',
    tunnel.connectionStatus === 'connecting' && tunnel.attempt > 0 ? `attempt ${tunnel.attempt}` : '',
    nextAttemptText(tunnel, now),
  ];
  return parts.filter(Boolean).join('; ');
}

export function nextAttemptText({ nextAttemptAt }: TunnelStatus, now: number): string {
  return nextAttemptAt === null ? '' : `next attempt in ${formatDuration(Date.parse(nextAttemptAt) - now)}`;
}

/** The one pair, how many there are, or how many of them are up. */
export function pairsText({ children, pairs: { up, total } }: TunnelStatus): string {
  if (up < total) return `${up}/${total} segment pairs`;
  const pairs = children.flatMap(({ localSubnets, remoteSubnets }) =>
    localSubnets.flatMap((local) => remoteSubnets.map((remote) => `${local} <-> ${remote}`)),
  );
  // Two Child SAs may be for one pair, as while one is replaced.
  const [only, ...more] = new Set(pairs);
  if (only === undefined) return '';
  return more.length === 0 ? only : counted(1 + more.length, 'segment pair');
}

/** Since when it is what it is, where that is known. */
export function sinceText({ connectionStatus, ike }: TunnelStatus, now: number): string {
  if (connectionStatus !== 'connected' || ike === null || ike.establishedAt === null) return '';
  return formatDuration(now - Date.parse(ike.establishedAt));
}

/** `2 tunnels: 1 connected, 1 failed`. */
export function summaryText(tunnels: readonly TunnelStatus[]): string {
  const counts = new Map<string, number>();
  for (const { connectionStatus } of tunnels) {
    const word = SUMMARY_WORD[connectionStatus];
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const parts = [...counts].map(([word, count]) => `${count} ${word}`);
  return `${counted(tunnels.length, 'tunnel')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

const SUMMARY_WORD: Readonly<Record<ConnectionStatus, string>> = {
  connected: 'connected',
  connecting: 'connecting',
  stage1Failure: 'failed',
  stage2Failure: 'failed',
  disabled: 'disabled',
  waiting: 'waiting',
};
