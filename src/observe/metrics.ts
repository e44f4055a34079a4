import type { TunnelStatus } from '../tunnel/status.ts';
import { type EventCounts, HANDSHAKE_BUCKETS } from './event-counts.ts';
import { type Labels, type MetricFamily, openMetricsText, type Sample } from './open-metrics.ts';
import type { Usage, UsageTotals } from './usage.ts';

export type MetricsSource = {
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly dataPlane: string;
  readonly tunnels: readonly MeasuredTunnel[];
  readonly counts: EventCounts;
  readonly usage: Usage;
  /** Packets that the data plane in use refused, by the names of /proc/net/xfrm_stat. */
  readonly xfrmErrors: ReadonlyMap<string, number>;
  /** CPU seconds and bytes of memory of the daemon. */
  readonly process: { readonly cpuSeconds: number; readonly residentBytes: number };
};

export type MeasuredTunnel = {
  readonly status: TunnelStatus;
  /** The configured pairs of segments. */
  readonly pairs: readonly MeasuredPair[];
};

export type MeasuredPair = {
  readonly local: string;
  readonly remote: string;
  readonly up: boolean;
  /** A Child SA carries it and no other pair, so that what it carries is counted. */
  readonly alone: boolean;
};

/**
 * What can be watched from outside, as OpenMetrics. A tunnel and each of its pairs of segments have their series from
 * the start and keep them, up or down; no label is an SPI or anything else that a rekeying changes.
 */
export function metricsText(source: MetricsSource): string {
  return openMetricsText([
    ...daemonFamilies(source),
    ...tunnelFamilies(source),
    ...pairFamilies(source),
    ...eventFamilies(source),
  ]);
}

function daemonFamilies({ version, startedAt, dataPlane, process, xfrmErrors, counts }: MetricsSource): MetricFamily[] {
  return [
    info('cygnet_build', 'which daemon this is', { version, data_plane: dataPlane }),
    gauge(
      'cygnet_start_time_seconds',
      'when the daemon was started, since 1970',
      [{ value: seconds(startedAt) }],
      'seconds',
    ),
    counter('cygnet_cpu_seconds', 'processor time of the daemon', [{ value: process.cpuSeconds }], 'seconds'),
    gauge('cygnet_resident_memory_bytes', 'memory of the daemon', [{ value: process.residentBytes }], 'bytes'),
    counter(
      'cygnet_xfrm_errors',
      'packets that the data plane refused: of the kernel since it was booted',
      named('counter', xfrmErrors),
    ),
    counter('cygnet_kernel_failures', 'requests of ours that the data plane refused', [
      { value: counts.kernelFailures },
    ]),
    counter('cygnet_dropped_datagrams', 'datagrams on the IKE ports that had no effect', named('why', counts.drops)),
    handshakeFamily(counts),
  ];
}

function tunnelFamilies({ tunnels, usage }: MetricsSource): MetricFamily[] {
  const each = (sample: (status: TunnelStatus) => readonly Sample[]) =>
    tunnels.flatMap(({ status }) =>
      sample(status).map((one) => ({ ...one, labels: { ...labelsOf(status), ...one.labels } })),
    );
  const carried = (value: (totals: UsageTotals) => number) => each(({ name }) => [{ value: value(usage.total(name)) }]);
  return [
    gauge(
      'cygnet_tunnel_up',
      '1 while the tunnel is connected',
      each((status) => [{ value: isUp(status) ? 1 : 0 }]),
    ),
    gauge('cygnet_tunnel_state', '1 for the state that the tunnel is in', each(stateSamples)),
    gauge(
      'cygnet_tunnel_pairs',
      'configured pairs of segments',
      each(({ pairs }) => [{ value: pairs.total }]),
    ),
    gauge(
      'cygnet_tunnel_pairs_up',
      'pairs of segments that have a Child SA',
      each(({ pairs }) => [{ value: pairs.up }]),
    ),
    gauge(
      'cygnet_tunnel_established_timestamp_seconds',
      'since when its IKE SA is there, since 1970; 0 without one',
      each(({ ike }) => [{ value: ike?.establishedAt == null ? 0 : seconds(ike.establishedAt) }]),
      'seconds',
    ),
    gauge(
      'cygnet_tunnel_last_packet_timestamp_seconds',
      'when it last carried a packet, since 1970; 0 before the first, and where the kernel does not tell',
      each(({ name }) => [{ value: (usage.total(name).lastPacketAt ?? 0) / 1_000 }]),
      'seconds',
    ),
    counter(
      'cygnet_tunnel_receive_bytes',
      'what came in through the tunnel',
      carried((totals) => totals.in.bytes),
      'bytes',
    ),
    counter(
      'cygnet_tunnel_transmit_bytes',
      'what went out through it',
      carried((totals) => totals.out.bytes),
      'bytes',
    ),
    counter(
      'cygnet_tunnel_receive_packets',
      'packets that came in',
      carried((totals) => totals.in.packets),
    ),
    counter(
      'cygnet_tunnel_transmit_packets',
      'packets that went out',
      carried((totals) => totals.out.packets),
    ),
  ];
}

const STATES: readonly TunnelStatus['connectionStatus'][] = [
  'connecting',
  'connected',
  'stage1Failure',
  'stage2Failure',
  'disabled',
  'waiting',
];

function stateSamples({ connectionStatus }: TunnelStatus): Sample[] {
  return STATES.map((state) => ({ labels: { state }, value: state === connectionStatus ? 1 : 0 }));
}

function pairFamilies({ tunnels, usage }: MetricsSource): MetricFamily[] {
  const each = (value: (pair: MeasuredPair, tunnel: string) => number): Sample[] =>
    tunnels.flatMap(({ status, pairs }) =>
      pairs.map((pair) => ({
        labels: { ...labelsOf(status), local_ts: pair.local, remote_ts: pair.remote },
        value: value(pair, status.name),
      })),
    );
  const alone = (value: (totals: UsageTotals) => number) =>
    each(({ local, remote }, tunnel) => value(usage.ofPair(tunnel, local, remote)));
  return [
    gauge(
      'cygnet_pair_up',
      '1 while a Child SA carries the pair of segments',
      each(({ up }) => (up ? 1 : 0)),
    ),
    gauge(
      'cygnet_pair_alone',
      '1 while a Child SA carries the pair and no other one, so that its bytes are counted',
      each(({ alone: is }) => (is ? 1 : 0)),
    ),
    counter(
      'cygnet_pair_receive_bytes',
      `what came in${ALONE}`,
      alone((totals) => totals.in.bytes),
      'bytes',
    ),
    counter(
      'cygnet_pair_transmit_bytes',
      `what went out${ALONE}`,
      alone((totals) => totals.out.bytes),
      'bytes',
    ),
  ];
}

const ALONE = ' by SAs that carried this pair alone; what one SA carries for several pairs counts for the tunnel only';

function eventFamilies({ tunnels, counts }: MetricsSource): MetricFamily[] {
  const each = (key: 'ikeRekeys' | 'childRekeys' | 'retransmits' | 'deadPeers' | 'connects'): Sample[] =>
    tunnels.map(({ status }) => ({ labels: labelsOf(status), value: counts.of(status.name)[key] }));
  return [
    counter('cygnet_ike_established', 'IKE SAs that came up', each('connects')),
    counter('cygnet_ike_rekeys', 'IKE SAs that were replaced in time', each('ikeRekeys')),
    counter('cygnet_child_rekeys', 'Child SAs that were replaced in time', each('childRekeys')),
    counter('cygnet_ike_retransmits', 'messages that were sent again for want of an answer', each('retransmits')),
    counter('cygnet_dpd_timeouts', 'times that the peer was found dead', each('deadPeers')),
    counter(
      'cygnet_ike_failures',
      'attempts that came to nothing',
      tunnels.flatMap(({ status }) => failureSamples(status, counts)),
    ),
  ];
}

function failureSamples(status: TunnelStatus, counts: EventCounts): Sample[] {
  return [...counts.of(status.name).failures].map(([key, value]) => {
    const [stage = '', reason = ''] = key.split(' ');
    return { labels: { ...labelsOf(status), stage, reason }, value };
  });
}

function handshakeFamily({ handshakes: { buckets, sum, count } }: EventCounts): MetricFamily {
  let sofar = 0;
  const samples = buckets.map((number, index): Sample => {
    sofar += number;
    return { suffix: '_bucket', labels: { le: bound(HANDSHAKE_BUCKETS[index]) }, value: sofar };
  });
  return {
    name: 'cygnet_ike_handshake_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'how long it took to establish IKE SAs that this end began',
    samples: [...samples, { suffix: '_sum', value: sum }, { suffix: '_count', value: count }],
  };
}

/** OpenMetrics writes every bound with a point. */
function bound(value: number | undefined): string {
  if (value === undefined) return '+Inf';
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function labelsOf({ gateway, name, peer }: TunnelStatus): Labels {
  return { gateway, tunnel: name, peer };
}

function isUp({ connectionStatus }: TunnelStatus): boolean {
  return connectionStatus === 'connected';
}

function seconds(time: string): number {
  return Date.parse(time) / 1_000;
}

function named(label: string, values: ReadonlyMap<string, number>): Sample[] {
  return [...values].map(([name, value]) => ({ labels: { [label]: name }, value }));
}

type Unit = NonNullable<MetricFamily['unit']>;

function counter(name: string, help: string, samples: readonly Sample[], unit?: Unit): MetricFamily {
  return { name, type: 'counter', help, samples, ...(unit === undefined ? {} : { unit }) };
}

function gauge(name: string, help: string, samples: readonly Sample[], unit?: Unit): MetricFamily {
  return { name, type: 'gauge', help, samples, ...(unit === undefined ? {} : { unit }) };
}

function info(name: string, help: string, labels: Labels): MetricFamily {
  return { name, type: 'info', help, samples: [{ labels, value: 1 }] };
}
