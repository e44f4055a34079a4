import { z } from 'zod';
import type { Diagnosis } from '../tunnel/diagnosis/diagnosis.ts';
import type { ChildStatus, IkeStatus, StatusReport, TunnelStatus } from '../tunnel/status.ts';
import { check, comparison, configurationPlace, diagnosisSchema } from './diagnosis-schema.ts';
import { ERROR_SHAPES } from './error-shapes.ts';
import { OBSERVING_SHAPES } from './observing-shapes.ts';
import { PLAN_SHAPES } from './plan-shapes.ts';
import { count, hex, labels, names, seconds, time } from './scalar-shapes.ts';
import { EVENT_LEVELS, type EventLevel } from './words.ts';

/** What goes over the control socket: every reply as a schema. A published interface, changed only by adding. */

export type { Diagnosis, StatusReport, TunnelStatus };
export type ChildReport = ChildStatus;
export type IkeReport = IkeStatus;
export type ConnectionStatus = TunnelStatus['connectionStatus'];
export type Reason = NonNullable<TunnelStatus['reason']>;

/** One thing that happened, as events are replayed and streamed. Never contains key material. */
export type ControlEvent = {
  /** Counts up from 1 within one run of the daemon. */
  readonly id: number;
  /** ISO 8601. */
  readonly time: string;
  readonly level: EventLevel;
  /** Dotted, in the past tense: `ike.established`. */
  readonly event: string;
  /** One sentence for the operator. */
  readonly text: string;
  readonly gateway?: string;
  readonly tunnel?: string;
  readonly peer?: string;
  /** The daemon's own number of the IKE SA. */
  readonly ike?: number;
  readonly child?: string;
  readonly spiIn?: string;
  readonly spiOut?: string;
  readonly stage?: 1 | 2;
  /** A reason code. */
  readonly reason?: string;
};

export type VersionReport = {
  readonly version: string;
  /** Changes only when a client written for the one before would break. */
  readonly api: 1;
  readonly startedAt: string;
  readonly dataPlane: string;
};

/** An OpenAPI document; what is in it is told by that standard. */
export type OpenApi = { readonly openapi: string; readonly [key: string]: unknown };

/** A tunnel as `list` shows it. */
export type TunnelRow = TunnelStatus & {
  readonly labels: Readonly<Record<string, string>>;
  readonly remarks: string;
};

export type GatewayRow = {
  readonly name: string;
  readonly address: string;
  readonly publicAddress: string | null;
  readonly vpc: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly remarks: string;
  readonly tunnels: number;
  readonly connected: number;
};

export type PeerRow = {
  readonly name: string;
  /** An IP address, a DNS name, or 0.0.0.0 for any. */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly remarks: string;
  readonly tunnels: number;
  readonly connected: number;
};

/** Traffic that passes beside the tunnels, or not at all. */
export type ShuntRow = {
  readonly name: string;
  readonly action: 'bypass' | 'block';
  readonly local: readonly string[];
  readonly remote: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly remarks: string;
};

/** The configuration of one tunnel with every default filled in. Durations in seconds. */
export type PolicyReport = {
  readonly local: { readonly address: string; readonly id: string; readonly subnets: readonly string[] };
  readonly remote: { readonly address: string; readonly id: string | null; readonly subnets: readonly string[] };
  /** Null unless asked for with `reveal`. */
  readonly psk: string | null;
  /** Of a tunnel for many peers: how many, whose keys are known, and whether all others have `psk`. */
  readonly peers?: {
    readonly limit: number;
    readonly others: boolean;
    readonly keys: readonly { readonly id: string; readonly psk: string | null }[];
  };
  /** The post-quantum key; its secret is null unless asked for with `reveal`. */
  readonly ppk: { readonly id: string; readonly secret: string | null; readonly required: boolean } | null;
  readonly start: 'initiate' | 'respond' | 'on-traffic';
  readonly ike: {
    readonly version: 1 | 2;
    /** Null with version 2. */
    readonly mode: 'main' | 'aggressive' | null;
    readonly proposals: readonly string[];
    readonly lifetime: number;
    /** When a successor is due at the latest; null where the lifetime says it. */
    readonly rekey: number | null;
  };
  readonly ipsec: {
    readonly protocol: 'esp' | 'ah';
    readonly mode: 'tunnel' | 'transport';
    readonly encapsulation: 'auto' | 'udp';
    readonly proposals: readonly string[];
    readonly lifetime: number;
    /** When a successor is due at the latest; null where the lifetime says it. */
    readonly rekey: number | 'never' | null;
  };
  /** What was chosen beside all this, by its key in the configuration. */
  readonly more: Readonly<Record<string, string>>;
  readonly dpd: { readonly delay: number; readonly timeout: number; readonly action: 'hold' | 'clear' | 'restart' };
  readonly retry: { readonly attempts: number; readonly interval: number };
  /** Where they are not in the main table or have a metric, that. */
  readonly routes: boolean | { readonly table?: number | undefined; readonly metric?: number | undefined };
  readonly blockClearText: boolean;
};

export type TunnelDetail = {
  readonly status: TunnelStatus;
  readonly policy: PolicyReport;
  /** One sentence for each weak choice of the configuration. */
  readonly weak: readonly string[];
  /** The last of this tunnel, oldest first. */
  readonly events: readonly ControlEvent[];
};

// A newer daemon may know more codes than this client, so the list stays open here.
const reasonCode = z.string() as z.ZodType<string> as z.ZodType<Reason['code']>;

const reason: z.ZodType<Reason> = z.object({ code: reasonCode, text: z.string() });

const ikeStatus: z.ZodType<IkeStatus> = z.object({
  version: z.union([z.literal(1), z.literal(2)]),
  state: z.string(),
  role: z.enum(['initiator', 'responder']),
  initiatorSpi: hex,
  responderSpi: hex,
  local: z.string().describe('address:port'),
  remote: z.string().describe('address:port'),
  localId: z.string().nullable(),
  remoteId: z.string().nullable(),
  proposal: z.string().nullable().describe('such as aes128-sha1-modp1024'),
  nat: z.object({
    local: z.boolean(),
    remote: z.boolean(),
    forced: z.boolean().describe('local is said to be, so that ESP goes in UDP (ipsec.encapsulation)'),
  }),
  ppk: z.boolean().describe('whether a post-quantum key protects the Child SAs'),
  mobike: z
    .object({ localAddresses: names, remoteAddresses: names })
    .nullable()
    .describe('the further addresses of both ends; null where the IKE SA cannot move'),
  establishedAt: time.nullable(),
  rekeyAt: time.nullable(),
});

const childStatus: z.ZodType<ChildStatus> = z.object({
  spiIn: hex,
  spiOut: hex,
  protocol: z.enum(['esp', 'ah']),
  mode: z.enum(['tunnel', 'transport']),
  encap: z.boolean().describe('ESP in UDP'),
  proposal: z.string(),
  localSubnets: names,
  remoteSubnets: names,
  bytesIn: count,
  bytesOut: count,
  packetsIn: count,
  packetsOut: count,
  installedAt: time.nullable(),
  rekeyAt: time.nullable(),
});

const pairsReport: z.ZodType<TunnelStatus['pairs']> = z.object({
  total: count.describe('configured pairs of segments'),
  up: count.describe('those that a Child SA carries now'),
  down: z.array(z.object({ local: z.string(), remote: z.string() })).readonly(),
});

const tunnelFields = {
  name: z.string(),
  gateway: z.string(),
  peer: z.string(),
  template: z.string().exactOptional().describe('the tunnel for many peers that it is one peer of'),
  resourceStatus: z.enum(['creating', 'running', 'deleting']),
  connectionStatus: z.enum(['connecting', 'connected', 'stage1Failure', 'stage2Failure', 'disabled', 'waiting']),
  reason: reason.nullable(),
  attempt: count,
  nextAttemptAt: time.nullable(),
  ike: ikeStatus.nullable(),
  children: z.array(childStatus).readonly(),
  pairs: pairsReport,
};

const tunnelStatus: z.ZodType<TunnelStatus> = z.object(tunnelFields);

const tunnelRow: z.ZodType<TunnelRow> = z.object({ ...tunnelFields, labels, remarks: z.string() });

export const statusReportSchema: z.ZodType<StatusReport> = z.object({ tunnels: z.array(tunnelStatus).readonly() });

export const controlEventSchema: z.ZodType<ControlEvent> = z.object({
  id: count.describe('counts up from 1 within one run of the daemon'),
  time,
  level: z.enum(EVENT_LEVELS),
  event: z.string().describe('dotted, in the past tense: ike.established'),
  text: z.string().describe('one sentence for the operator'),
  gateway: z.string().exactOptional(),
  tunnel: z.string().exactOptional(),
  peer: z.string().exactOptional(),
  ike: count.exactOptional().describe("the daemon's own number of the IKE SA"),
  child: z.string().exactOptional(),
  spiIn: hex.exactOptional(),
  spiOut: hex.exactOptional(),
  stage: z.union([z.literal(1), z.literal(2)]).exactOptional(),
  reason: z.string().exactOptional().describe('a reason code'),
});

export const versionReportSchema: z.ZodType<VersionReport> = z.object({
  version: z.string(),
  api: z.literal(1).describe('changes only when an older client would break'),
  startedAt: time,
  dataPlane: z.string(),
});

export const openApiSchema: z.ZodType<OpenApi> = z.looseObject({ openapi: z.string().describe('3.1.x') });

const gatewayRow: z.ZodType<GatewayRow> = z.object({
  name: z.string(),
  address: z.string(),
  publicAddress: z.string().nullable(),
  vpc: names,
  labels,
  remarks: z.string(),
  tunnels: count.describe('how many tunnels are configured on it'),
  connected: count.describe('how many of them are connected'),
});

const peerRow: z.ZodType<PeerRow> = z.object({
  name: z.string(),
  address: z.string().describe('an IP address, a DNS name, or 0.0.0.0 for any'),
  labels,
  remarks: z.string(),
  tunnels: count,
  connected: count,
});

const shuntRow: z.ZodType<ShuntRow> = z.object({
  name: z.string(),
  action: z.enum(['bypass', 'block']),
  local: names,
  remote: names,
  labels,
  remarks: z.string(),
});

/** The reply to `list`: the one list that was asked for, under its own name. */
export type ListReport = {
  readonly tunnels?: readonly TunnelRow[];
  readonly gateways?: readonly GatewayRow[];
  readonly peers?: readonly PeerRow[];
  readonly shunts?: readonly ShuntRow[];
  readonly total: number;
  readonly next: string | null;
};

export const listReportSchema: z.ZodType<ListReport> = z.object({
  tunnels: z.array(tunnelRow).readonly().exactOptional(),
  gateways: z.array(gatewayRow).readonly().exactOptional(),
  peers: z.array(peerRow).readonly().exactOptional(),
  shunts: z.array(shuntRow).readonly().exactOptional(),
  total: count.describe('how many fit, on all pages'),
  next: z.string().nullable().describe('the cursor of the next page; null where this is the last'),
});

const policyReport: z.ZodType<PolicyReport> = z.object({
  local: z.object({ address: z.string(), id: z.string(), subnets: names }),
  remote: z.object({ address: z.string(), id: z.string().nullable(), subnets: names }),
  psk: z.string().nullable().describe('null unless asked for with reveal'),
  peers: z
    .object({
      limit: count.describe('how many may be there at once'),
      others: z.boolean().describe('whether those without a key of their own have psk'),
      keys: z.array(z.object({ id: z.string(), psk: z.string().nullable() })).readonly(),
    })
    .exactOptional()
    .describe('of a tunnel for many peers alone'),
  ppk: z
    .object({
      id: z.string(),
      secret: z.string().nullable().describe('null unless asked for with reveal'),
      required: z.boolean(),
    })
    .nullable(),
  start: z.enum(['initiate', 'respond', 'on-traffic']),
  ike: z.object({
    version: z.union([z.literal(1), z.literal(2)]),
    mode: z.enum(['main', 'aggressive']).nullable(),
    proposals: names,
    lifetime: seconds,
    rekey: seconds.nullable().describe('when a successor is due at the latest; null where the lifetime says it'),
  }),
  ipsec: z.object({
    protocol: z.enum(['esp', 'ah']),
    mode: z.enum(['tunnel', 'transport']),
    encapsulation: z.enum(['auto', 'udp']),
    proposals: names,
    lifetime: seconds,
    rekey: z
      .union([seconds, z.literal('never')])
      .nullable()
      .describe('when a successor is due at the latest; null where the lifetime says it'),
  }),
  more: z.record(z.string(), z.string()).describe('what was chosen beside all this, by its key in the configuration'),
  dpd: z.object({ delay: seconds, timeout: seconds, action: z.enum(['hold', 'clear', 'restart']) }),
  retry: z.object({ attempts: count, interval: seconds }),
  routes: z.union([z.boolean(), z.object({ table: count.optional(), metric: count.optional() })]),
  blockClearText: z.boolean(),
});

export const tunnelDetailSchema: z.ZodType<TunnelDetail> = z.object({
  status: tunnelStatus,
  policy: policyReport,
  weak: names.describe('one sentence for each weak choice of the configuration'),
  events: z.array(controlEventSchema).readonly().describe('the last of this tunnel, oldest first'),
});

/** The configuration of the device at the other end of a tunnel. */
export type ExportReport = {
  readonly format: string;
  readonly text: string;
  readonly obstacles: readonly string[];
};

export const exportReportSchema: z.ZodType<ExportReport> = z.object({
  format: z.string(),
  text: z.string().describe('the file, with what is to be known in its comments'),
  obstacles: names.describe('what the device cannot do, which keeps the tunnel from coming up as it is'),
});

/** Every shape by its name, for the documentation. */
export const SHAPES = {
  StatusReport: statusReportSchema,
  TunnelStatus: tunnelStatus,
  Reason: reason,
  IkeStatus: ikeStatus,
  ChildStatus: childStatus,
  ListReport: listReportSchema,
  TunnelRow: tunnelRow,
  GatewayRow: gatewayRow,
  PeerRow: peerRow,
  TunnelDetail: tunnelDetailSchema,
  PolicyReport: policyReport,
  ExportReport: exportReportSchema,
  Diagnosis: diagnosisSchema,
  Comparison: comparison,
  Check: check,
  ConfigurationPlace: configurationPlace,
  ...OBSERVING_SHAPES,
  ControlEvent: controlEventSchema,
  VersionReport: versionReportSchema,
  OpenApi: openApiSchema,
  ...PLAN_SHAPES,
  ...ERROR_SHAPES,
} as const satisfies Record<string, z.ZodType>;
