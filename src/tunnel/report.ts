import { formatEndpoint } from '../base/net.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import type { SaCounters, SaKey } from '../sa/data-plane.ts';
import { formatIdentity } from '../sa/identity.ts';
import { formatSuite } from '../sa/proposal.ts';
import { formatSelector } from '../sa/traffic-selector.ts';
import type { ChildStatus, ConnectionStatus, IkeStatus, TunnelStatus } from './status.ts';
import type { TunnelState } from './tunnel-state.ts';

/** Counters of an SA, where the data plane has it. */
export type CountersOf = (sa: SaKey) => SaCounters | undefined;

/** What there is of a tunnel. */
export type TunnelSas = { readonly ikeSas: readonly IkeSaView[]; readonly children: readonly ChildSaView[] };

/** The status of a tunnel, from its SAs and the evidence of its attempts; never from its configuration. */
export function reportTunnel(tunnel: TunnelState, sas: TunnelSas, countersOf: CountersOf): TunnelStatus {
  const view = mostTelling(sas.ikeSas);
  const connectionStatus = connectionStatusOf(tunnel);
  return {
    name: tunnel.policy.name,
    gateway: tunnel.policy.gateway,
    peer: tunnel.policy.peer,
    resourceStatus: 'running',
    connectionStatus,
    // Beside a working pair of segments, that of one which does not.
    reason: tunnel.failure?.reason ?? null,
    attempt: tunnel.attempt,
    nextAttemptAt: tunnel.nextAttemptAt === undefined ? null : isoTime(tunnel.nextAttemptAt.wall),
    ike: view === undefined ? null : reportIke(view),
    children: sas.children.filter(isInstalled).map((child) => reportChild(child, countersOf)),
  };
}

function connectionStatusOf(tunnel: TunnelState): ConnectionStatus {
  if (tunnel.desired === 'down') return 'disabled';
  if (tunnel.children.size > 0) return 'connected';
  const { failure, desired, attempt, policy } = tunnel;
  // After the configured number of attempts it counts as failed, and is tried again all the same.
  // That a peer which comes and goes as it likes has gone is no failure.
  const gone = desired === 'peer' && failure?.reason.code === 'peer-closed';
  const failed = failure !== undefined && !gone && (desired === 'peer' || attempt >= policy.retry.attempts);
  if (failed && !firstAttemptsUnderWay(tunnel)) return failure.stage === 1 ? 'stage1Failure' : 'stage2Failure';
  return desired === 'peer' ? 'waiting' : 'connecting';
}

/** The last of the first attempts has not failed yet while it is still under way. */
function firstAttemptsUnderWay({ attempt, policy, current, desired }: TunnelState): boolean {
  return desired === 'up' && current !== undefined && attempt <= policy.retry.attempts;
}

/** An established IKE SA says more than one that is connecting or going. */
function mostTelling(views: readonly IkeSaView[]): IkeSaView | undefined {
  return [...views].sort((a, b) => RANK[a.state] - RANK[b.state])[0];
}

const RANK: { readonly [State in IkeSaView['state']]: number } = {
  established: 0,
  connecting: 1,
  rekeyed: 2,
  deleting: 3,
};

function isInstalled(child: ChildSaView): boolean {
  return child.state !== 'installing';
}

function reportIke(view: IkeSaView): IkeStatus {
  return {
    version: view.version,
    state: view.state,
    role: view.role,
    initiatorSpi: view.initiatorSpi,
    responderSpi: view.responderSpi,
    local: formatEndpoint(view.local),
    remote: formatEndpoint(view.remote),
    localId: view.localId === undefined ? null : formatIdentity(view.localId),
    remoteId: view.remoteId === undefined ? null : formatIdentity(view.remoteId),
    proposal: view.suite === undefined ? null : formatSuite(view.suite),
    nat: view.nat,
    ppk: view.ppk ?? false,
    establishedAt: view.establishedAt === undefined ? null : isoTime(view.establishedAt),
    rekeyAt: view.rekeyAt === undefined ? null : isoTime(view.rekeyAt),
  };
}

function reportChild(child: ChildSaView, countersOf: CountersOf): ChildStatus {
  const inbound = countersOf(child.inbound);
  const outbound = countersOf(child.outbound);
  return {
    spiIn: hexSpi(child.inbound.spi),
    spiOut: hexSpi(child.outbound.spi),
    protocol: child.protocol,
    mode: child.mode,
    encap: child.encap,
    proposal: formatSuite(child.suite),
    localSubnets: child.localSelectors.map(formatSelector),
    remoteSubnets: child.remoteSelectors.map(formatSelector),
    bytesIn: inbound?.bytes ?? 0,
    bytesOut: outbound?.bytes ?? 0,
    packetsIn: inbound?.packets ?? 0,
    packetsOut: outbound?.packets ?? 0,
    installedAt: child.installedAt === undefined ? null : isoTime(child.installedAt),
    rekeyAt: child.rekeyAt === undefined ? null : isoTime(child.rekeyAt),
  };
}

/** Eight digits, as every other tool prints SPIs. */
function hexSpi(spi: number): string {
  return spi.toString(16).padStart(8, '0');
}

/** Formats an instant that was given; no clock is read. */
function isoTime(wall: number): string {
  // biome-ignore lint/style/noRestrictedGlobals: used as a formatter of the time that is passed in
  return new Date(wall).toISOString();
}
