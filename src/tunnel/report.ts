import { formatEndpoint } from '../base/net.ts';
import type { Reason } from '../ike/common/reason.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import type { SaCounters, SaKey } from '../sa/data-plane.ts';
import { formatIdentity } from '../sa/identity.ts';
import { formatSuite } from '../sa/proposal.ts';
import { formatSelector } from '../sa/traffic-selector.ts';
import { type PairStatus, pairStatuses } from './pairs.ts';
import type { ChildStatus, ConnectionStatus, IkeStatus, PairsReport, TunnelStatus } from './status.ts';
import { isTrying, type TunnelState } from './tunnel-state.ts';

/** Counters of an SA, where the data plane has it. */
export type CountersOf = (sa: SaKey) => SaCounters | undefined;

/** What there is of a tunnel. */
export type TunnelSas = { readonly ikeSas: readonly IkeSaView[]; readonly children: readonly ChildSaView[] };

/** The status of a tunnel, from its SAs and the evidence of its attempts; never from its configuration. */
export function reportTunnel(tunnel: TunnelState, sas: TunnelSas, countersOf: CountersOf): TunnelStatus {
  const view = mostTelling(sas.ikeSas);
  return {
    name: tunnel.policy.name,
    gateway: tunnel.policy.gateway,
    peer: tunnel.policy.peer,
    ...(tunnel.policy.template === undefined ? {} : { template: tunnel.policy.template }),
    resourceStatus: 'running',
    ...reportConnection(tunnel),
    attempt: tunnel.attempt,
    nextAttemptAt: tunnel.nextAttemptAt === undefined ? null : isoTime(tunnel.nextAttemptAt.wall),
    ike: view === undefined ? null : reportIke(view),
    children: sas.children.filter(({ state }) => state !== 'installing').map((child) => reportChild(child, countersOf)),
    pairs: reportPairs(pairStatuses(tunnel.policy, sas.children)),
  };
}

/** The part of it that takes no look at the SAs. */
export function reportConnection(tunnel: TunnelState): Pick<TunnelStatus, 'connectionStatus' | 'reason'> {
  return { connectionStatus: connectionStatusOf(tunnel), reason: reasonOf(tunnel) };
}

function connectionStatusOf(tunnel: TunnelState): ConnectionStatus {
  const { desired, failure } = tunnel;
  if (desired === 'down') return 'disabled';
  if (tunnel.children.size > 0) return 'connected';
  if (failure !== undefined && hasFailed(tunnel, failure.reason) && !firstAttemptsUnderWay(tunnel))
    return failure.stage === 1 ? 'stage1Failure' : 'stage2Failure';
  return desired === 'up' || (desired === 'traffic' && isTrying(tunnel)) ? 'connecting' : 'waiting';
}

/** After the configured number of attempts it counts as failed, even where it is tried again. */
function hasFailed({ desired, attempt, policy, trapped }: TunnelState, { code }: Reason): boolean {
  // That a peer which comes and goes as it likes has gone is no failure.
  if (desired === 'peer') return code !== 'peer-closed';
  // What cannot wait for a packet waits for nothing.
  return attempt >= policy.retry.attempts || (desired === 'traffic' && !trapped);
}

/** The last of the first attempts has not failed yet while it is still under way. */
function firstAttemptsUnderWay(tunnel: TunnelState): boolean {
  const { attempt, policy, current, desired } = tunnel;
  if (attempt > policy.retry.attempts) return false;
  return desired === 'traffic' ? isTrying(tunnel) : desired === 'up' && current !== undefined;
}

/** Beside a working pair of segments, that of one which does not work. */
function reasonOf(tunnel: TunnelState): Reason | null {
  const failure = tunnel.failure?.reason;
  const reason = failure === undefined ? undefined : { code: failure.code, text: failure.text };
  if (reason === undefined && tunnel.awaitsTurn) return AWAITS_TURN;
  const waits = tunnel.desired === 'traffic' && tunnel.trapped && tunnel.children.size === 0 && !isTrying(tunnel);
  if (!waits) return reason ?? null;
  if (reason === undefined) return NO_TRAFFIC;
  return { ...reason, text: `${reason.text}; the next packet between the segments starts the tunnel` };
}

const NO_TRAFFIC: Reason = {
  code: 'no-traffic',
  text: 'no packet has asked for the tunnel; the first one between its segments starts it',
};

const AWAITS_TURN: Reason = {
  code: 'awaiting-turn',
  text: 'many tunnels begin at once: others are being brought up first',
};

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

function reportPairs(pairs: readonly PairStatus[]): PairsReport {
  const down = pairs.filter(({ up }) => !up).map(({ local, remote }) => ({ local, remote }));
  return { total: pairs.length, up: pairs.length - down.length, down };
}

export function reportIke(view: IkeSaView): IkeStatus {
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
    nat: { ...view.nat, forced: view.nat.forced === true },
    ppk: view.ppk ?? false,
    mobike: view.mobike ?? null,
    establishedAt: view.establishedAt === undefined ? null : isoTime(view.establishedAt),
    rekeyAt: view.rekeyAt === undefined ? null : isoTime(view.rekeyAt),
  };
}

export function reportChild(child: ChildSaView, countersOf: CountersOf): ChildStatus {
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
