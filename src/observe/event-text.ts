import type { Endpoint } from '../base/net.ts';
import { printable } from '../base/printable.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { MessageRecord } from '../ike/common/message-record.ts';
import type { Reason } from '../ike/common/reason.ts';
import { formatSelector } from '../sa/traffic-selector.ts';
import type { ChildStatus, IkeStatus } from '../tunnel/status.ts';

/** info: an operator would act or be glad; debug: one line per exchange; warn: the peer's or the network's fault; error: ours. */
export type EventLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * `low`: what a sender can repeat at no cost, mostly without being authenticated, directly or through a kernel that
 * refuses. `high`: what SAs do, hundreds at once where a tunnel has as many, but not for ever.
 */
export type EventRate = 'low' | 'high';

/** An event as log and control API show it. */
export type EventRecord = {
  readonly level: EventLevel;
  readonly event: GatewayEvent['type'];
  readonly text: string;
  readonly gateway?: string;
  readonly tunnel?: string;
  readonly peer?: string;
  readonly ike?: number;
  readonly child?: string;
  readonly spiIn?: string;
  readonly spiOut?: string;
  readonly stage?: 1 | 2;
  readonly reason?: Reason['code'];
};

/** What is known of the objects that an event names; each part may be missing, such as when the SA is gone already. */
export type EventDetails = {
  readonly gateway?: string;
  readonly peer?: string;
  readonly ike?: IkeStatus;
  readonly child?: ChildStatus;
};

export function describeEvent(event: GatewayEvent, details: EventDetails = {}): EventRecord {
  const { text } = rowOf(event);
  return {
    level: levelOf(event),
    event: event.type,
    text: printable(text(event, details)),
    ...names(event, details),
    ...(event.type === 'ike.failed' ? { stage: event.stage } : {}),
    ...('reason' in event ? { reason: event.reason.code } : {}),
  };
}

export function levelOf(event: GatewayEvent): EventLevel {
  const { level } = rowOf(event);
  return typeof level === 'function' ? level(event) : level;
}

/** What to count together, as no event may come at any rate that its cause likes, and how much of it is told. */
export function limitOf(event: GatewayEvent): { readonly rate: EventRate; readonly key: string } {
  const { rate } = rowOf(event);
  const why = 'reason' in event ? event.reason.code : 'why' in event ? event.why : '';
  return { rate, key: `${event.type} ${tunnelOf(event) ?? ''} ${rate === 'low' ? why : ''}` };
}

type EventOf<Type extends GatewayEvent['type']> = Extract<GatewayEvent, { type: Type }>;
type Row<Event> = {
  readonly level: EventLevel | ((event: Event) => EventLevel);
  readonly rate: EventRate;
  readonly text: (event: Event, details: EventDetails) => string;
};
type Rows = { readonly [Type in GatewayEvent['type']]: Row<EventOf<Type>> };

const ROWS: Rows = {
  'instance.added': {
    level: 'info',
    rate: 'high',
    text: ({ template, remote }) => `a peer of ${template} is there, at ${remote}: it has a tunnel of its own now`,
  },
  'instance.removed': {
    level: 'info',
    rate: 'high',
    text: ({ template }) => `the peer of ${template} is gone, and its tunnel with it`,
  },
  'ike.initiated': {
    level: 'info',
    rate: 'low',
    text: ({ remote }) => `connecting to ${endpoint(remote)}`,
  },
  'ike.answered': {
    level: 'debug',
    rate: 'low',
    text: ({ remote }) => `${endpoint(remote)} answers`,
  },
  'ike.established': { level: 'info', rate: 'high', text: (_, { ike }) => establishedText(ike) },
  'ike.rekeyed': {
    level: 'info',
    rate: 'high',
    text: ({ successor }) => `the IKE SA was rekeyed; IKE SA ${successor} has taken over`,
  },
  'ike.failed': {
    level: failureLevel,
    rate: 'low',
    text: ({ stage, reason }) =>
      WANTED.has(reason.code) ? `the attempt has ended: ${reason.text}` : `stage ${stage} failed: ${reason.text}`,
  },
  'ike.closed': { level: endLevel, rate: 'high', text: ({ reason }) => `the IKE SA is gone: ${reason.text}` },
  'child.installed': { level: 'info', rate: 'high', text: (_, { child }) => installedText(child) },
  'child.rekeyed': {
    level: 'info',
    rate: 'high',
    text: ({ child, successor }) => `Child SA ${child} was rekeyed; ${successor} has taken over`,
  },
  'child.deleted': {
    level: endLevel,
    rate: 'high',
    text: ({ child, reason }) => `Child SA ${child} is gone: ${reason.text}`,
  },
  'child.failed': { level: failureLevel, rate: 'low', text: ({ reason }) => `stage 2 failed: ${reason.text}` },
  'nat.detected': { level: 'debug', rate: 'low', text: natText },
  'auth.failed': { level: 'warn', rate: 'low', text: ({ reason }) => `authentication failed: ${reason.text}` },
  'message.sent': { level: 'debug', rate: 'high', text: (event) => `sent ${messageText(event)}` },
  'message.received': { level: 'debug', rate: 'high', text: (event) => `received ${messageText(event)}` },
  'message.retransmitted': {
    level: 'debug',
    rate: 'high',
    text: ({ attempt }) => `no answer yet; sent again, attempt ${attempt}`,
  },
  'peer.unresponsive': { level: 'warn', rate: 'high', text: () => 'the peer no longer answers' },
  'peer.moved': {
    level: 'info',
    rate: 'low',
    text: ({ from, to }) => `the peer has moved from ${endpoint(from)} to ${endpoint(to)}`,
  },
  'peer.synchronized': {
    level: 'info',
    rate: 'low',
    text: () => 'another member of the cluster at the other end has taken over; the tunnel goes on',
  },
  'path.changed': {
    level: 'info',
    rate: 'low',
    text: ({ local, remote }) => `the tunnel moves to ${endpoint(local)} - ${endpoint(remote)}`,
  },
  'traffic.waiting': {
    level: 'info',
    rate: 'low',
    text: ({ source, destination }) =>
      `there is traffic for the tunnel: ${formatSelector(source)} to ${formatSelector(destination)}`,
  },
  'trap.failed': {
    level: 'error',
    rate: 'low',
    text: ({ reason }) => `traffic cannot be waited for: ${reason.text}`,
  },
  'kernel.failed': { level: 'error', rate: 'low', text: kernelText },
  'peer.refused': {
    level: 'warn',
    rate: 'low',
    text: ({ remote, reason }) => `refused ${endpoint(remote)}: ${reason.text}`,
  },
  'peer.unfinished': {
    level: 'debug',
    rate: 'low',
    text: ({ remote }) => `${endpoint(remote)} began an IKE SA and did not go on`,
  },
  'datagram.dropped': {
    level: 'warn',
    rate: 'low',
    text: ({ remote, why, count }) =>
      count === 1
        ? `dropped a datagram from ${endpoint(remote)}: ${why}`
        : `dropped ${count} datagrams, the last from ${endpoint(remote)}: ${why}`,
  },
};

function rowOf(event: GatewayEvent): Row<GatewayEvent> {
  // The row of this very type, whose functions therefore take this very event.
  return ROWS[event.type] as Row<GatewayEvent>;
}

function names(event: GatewayEvent, { gateway, peer, child }: EventDetails): Partial<EventRecord> {
  const tunnel = tunnelOf(event);
  return {
    ...(gateway === undefined ? {} : { gateway }),
    ...(tunnel === undefined ? {} : { tunnel }),
    ...(peer === undefined ? {} : { peer }),
    ...('ikeSa' in event ? { ike: event.ikeSa } : {}),
    ...('child' in event ? { child: event.child } : {}),
    ...(child === undefined ? {} : { spiIn: child.spiIn, spiOut: child.spiOut }),
  };
}

function tunnelOf(event: GatewayEvent): string | undefined {
  return 'tunnel' in event ? event.tunnel : undefined;
}

const OURS: ReadonlySet<Reason['code']> = new Set<Reason['code']>(['kernel-refused', 'internal-error']);
const WANTED: ReadonlySet<Reason['code']> = new Set<Reason['code']>(['terminated', 'replaced', 'expired']);

function failureLevel({ reason }: { readonly reason: Reason }): EventLevel {
  if (OURS.has(reason.code)) return 'error';
  return WANTED.has(reason.code) ? 'info' : 'warn';
}

/** An end that somebody wanted is no fault; one that came from outside is. */
function endLevel(event: { readonly reason: Reason }): EventLevel {
  return failureLevel(event);
}

function establishedText(ike: IkeStatus | undefined): string {
  if (ike === undefined) return 'stage 1 is up';
  const suite = ike.proposal === null ? '' : `, ${ike.proposal}`;
  const ppk = ike.ppk ? ', with the post-quantum key' : '';
  return `stage 1 is up with ${ike.remote} as ${ike.role}: IKEv${ike.version}${suite}${ppk}`;
}

function installedText(child: ChildStatus | undefined): string {
  if (child === undefined) return 'stage 2 is up';
  const pair = `${child.localSubnets.join(' ')} <-> ${child.remoteSubnets.join(' ')}`;
  return `stage 2 is up: ${pair}, ${child.protocol.toUpperCase()}${child.encap ? ' in UDP' : ''}, ${child.proposal}`;
}

/** `IKE_AUTH request 1: IDi(…) AUTH(…)`. */
function messageText({ exchange, kind, messageId, payloads }: MessageRecord): string {
  return `${[exchange, kind, messageId].filter((part) => part !== undefined).join(' ')}: ${payloads.join(' ')}`;
}

function natText({ local, remote, forced }: EventOf<'nat.detected'>): string {
  if (forced === true) return `ESP goes in UDP as it is configured${remote ? '; the peer is behind NAT' : ''}`;
  if (local && remote) return 'both ends are behind NAT';
  if (local) return 'this end is behind NAT';
  return remote ? 'the peer is behind NAT' : 'there is no NAT between the ends';
}

function kernelText({ operation, algorithm, code }: EventOf<'kernel.failed'>): string {
  const what = algorithm === undefined ? operation : `${operation} (${algorithm})`;
  return `the data plane refused to ${what}: ${code}`;
}

function endpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
