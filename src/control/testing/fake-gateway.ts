import { ControlError } from '../control-error.ts';
import { EventHistory } from '../event-history.ts';
import type { EventType } from '../event-types.ts';
import type { GatewayApi, ObjectChange } from '../gateway-api.ts';
import type { ExchangedMessage, KeyLogReport } from '../observing-shapes.ts';
import type { PlanReport } from '../plan-shapes.ts';
import type {
  ControlEvent,
  Diagnosis,
  ExportReport,
  GatewayRow,
  PeerRow,
  PolicyReport,
  ShuntRow,
  StatusReport,
  TunnelDetail,
  TunnelRow,
  TunnelStatus,
  VersionReport,
} from '../protocol.ts';
import type { ListKind } from '../words.ts';

/** Test support: a gateway of fixed tunnels, whose commands do what the test says. */
export class FakeGateway implements GatewayApi {
  readonly events = new EventHistory(8);
  readonly calls: string[] = [];
  readonly #tunnels = new Map<string, TunnelStatus>();
  onUp: (name: string) => void = (name) => this.set({ ...this.tunnel(name), connectionStatus: 'connecting' });
  onRekey: (name: string) => void = () => {};
  onDown: (name: string) => void = (name) => this.set(sampleTunnel({ name, connectionStatus: 'disabled' }));

  constructor(tunnels: readonly TunnelStatus[]) {
    for (const tunnel of tunnels) this.set(tunnel);
  }

  set(tunnel: TunnelStatus): void {
    this.#tunnels.set(tunnel.name, tunnel);
  }

  tunnel(name: string): TunnelStatus {
    return this.#tunnels.get(name) ?? sampleTunnel({ name });
  }

  publish(event: Partial<ControlEvent> & { readonly event: EventType; readonly text: string }): void {
    this.events.publish({ time: '2026-01-02T03:04:05.678Z', level: 'info', ...event });
  }

  version(): VersionReport {
    return { version: '0.1.0', api: 1, startedAt: '2026-01-02T03:04:05.678Z', dataPlane: 'kernel' };
  }

  tunnelNames(): readonly string[] {
    return [...this.#tunnels.keys()];
  }

  hasTunnel(name: string): boolean {
    return this.#tunnels.has(name);
  }

  async status(names?: readonly string[]): Promise<StatusReport> {
    return { tunnels: (names ?? this.tunnelNames()).map((name) => this.tunnel(name)) };
  }

  list(kind: 'tunnels'): Promise<readonly TunnelRow[]>;
  list(kind: 'gateways'): Promise<readonly GatewayRow[]>;
  list(kind: 'peers'): Promise<readonly PeerRow[]>;
  list(kind: 'shunts'): Promise<readonly ShuntRow[]>;
  async list(kind: ListKind): Promise<readonly (TunnelRow | GatewayRow | PeerRow | ShuntRow)[]> {
    const rows = {
      tunnels: [...this.#tunnels.values()].map((tunnel) => ({ ...tunnel, labels: {}, remarks: '' })),
      gateways: [SAMPLE_GATEWAY],
      peers: [SAMPLE_PEER],
      shunts: [SAMPLE_SHUNT],
    };
    return rows[kind];
  }

  async export(name: string, { format, reveal }: { format: string; reveal: boolean }): Promise<ExportReport> {
    if (format === 'none') throw new ControlError('bad-request', 'there is no format "none"; there are swanctl');
    const obstacles = format === 'aws' ? ['AWS has no AH; set ipsec.protocol: esp'] : [];
    return { format, text: `# ${name}\nsecret = "${reveal ? 'test.1231' : '<secret>'}"\n`, obstacles };
  }

  async show(name: string, { reveal }: { reveal: boolean }): Promise<TunnelDetail> {
    return {
      status: this.tunnel(name),
      policy: {
        ...SAMPLE_POLICY,
        psk: reveal ? 'test.1231' : null,
        ppk: { ...SAMPLE_PPK, ...(reveal ? { secret: 'quantum.1231' } : {}) },
      },
      weak: ['ike.dhGroup 2 (modp1024) is weak: use 14 or higher'],
      events: this.events.recent(name, 5),
    };
  }

  exchanges(name: string): readonly ExchangedMessage[] {
    return [{ ...SAMPLE_MESSAGE, payloads: [`IDi(${name})`, 'AUTH(pre-shared key, 20 bytes)'] }];
  }

  keyLog(): KeyLogReport {
    return { ikev1_decryption_table: [], ikev2_decryption_table: ['0123,"AES"'], notes: ['not readable'] };
  }

  capture(name: string, onBytes: (bytes: Uint8Array) => void): () => void {
    onBytes(new TextEncoder().encode(`capture of ${name}`));
    return () => void this.calls.push('capture ended');
  }

  metrics(): string {
    return '# EOF\n';
  }

  async diagnose(name: string, { ask }: { ask: boolean }): Promise<Diagnosis> {
    this.calls.push(`diagnose ${name}${ask ? '' : ' without asking'}`);
    return { ...SAMPLE_DIAGNOSIS, tunnel: name, connectionStatus: this.tunnel(name).connectionStatus };
  }

  async up(names: readonly string[]): Promise<void> {
    this.calls.push(`up ${names.join(' ')}`);
    for (const name of names) {
      if (name === 'off') throw new ControlError('conflict', 'off is disabled in the configuration');
      if (name === 'broken') throw new Error('a bug with the secret test.1231');
      this.onUp(name);
    }
  }

  async down(names: readonly string[]): Promise<void> {
    this.calls.push(`down ${names.join(' ')}`);
    for (const name of names) this.onDown(name);
  }

  /** What a change of the configuration would do, or why it cannot be. */
  plan: PlanReport | ControlError = { tunnels: [], shunts: [], files: [], warnings: [] };

  async change(change: ObjectChange, dryRun: boolean): Promise<PlanReport> {
    this.calls.push(`${dryRun ? 'would ' : ''}${JSON.stringify(change)}`);
    if (this.plan instanceof ControlError) throw this.plan;
    return this.plan;
  }

  async replace(text: string | undefined, dryRun: boolean): Promise<PlanReport> {
    this.calls.push(`${dryRun ? 'plan' : 'apply'} ${text ?? 'the disk'}`);
    if (this.plan instanceof ControlError) throw this.plan;
    return this.plan;
  }

  async rekey(names: readonly string[], what: 'ike' | 'child'): Promise<void> {
    this.calls.push(`rekey ${what} ${names.join(' ')}`);
    for (const name of names) this.onRekey(name);
  }

  async restart(names: readonly string[]): Promise<void> {
    this.calls.push(`restart ${names.join(' ')}`);
    for (const name of names) this.onUp(name);
  }
}

const SAMPLE_MESSAGE: ExchangedMessage = {
  time: '2026-01-02T03:04:05.678Z',
  way: 'sent',
  ike: 7,
  exchange: 'IKE_AUTH',
  messageId: 1,
  kind: 'request',
  payloads: [],
};

export function sampleTunnel(changes: Partial<TunnelStatus> = {}): TunnelStatus {
  return {
    name: 'idc',
    gateway: 'gw1',
    peer: 'idc-peer',
    resourceStatus: 'running',
    connectionStatus: 'waiting',
    reason: null,
    attempt: 0,
    nextAttemptAt: null,
    ike: null,
    children: [],
    pairs: {
      total: 2,
      up: 0,
      down: [
        { local: '10.0.192.0/20', remote: '10.23.0.0/16' },
        { local: '10.0.192.0/20', remote: '10.25.0.0/16' },
      ],
    },
    ...changes,
  };
}

export function connectedTunnel(name = 'idc'): TunnelStatus {
  return sampleTunnel({
    name,
    connectionStatus: 'connected',
    attempt: 1,
    pairs: { total: 2, up: 2, down: [] },
    ike: {
      version: 2,
      state: 'established',
      role: 'initiator',
      initiatorSpi: '0123456789abcdef',
      responderSpi: 'fedcba9876543210',
      local: '192.168.93.46:4500',
      remote: '113.31.113.78:4500',
      localId: '106.75.234.78',
      remoteId: '113.31.113.78',
      proposal: 'aes128-sha1-modp1024',
      nat: { local: true, remote: false, forced: false },
      ppk: true,
      mobike: { localAddresses: ['192.168.94.46'], remoteAddresses: [] },
      establishedAt: '2026-01-02T03:04:05.678Z',
      rekeyAt: '2026-01-03T02:04:05.678Z',
    },
    children: [
      {
        spiIn: 'c1d2e3f4',
        spiOut: 'c4f3e2d1',
        protocol: 'esp',
        mode: 'tunnel',
        encap: true,
        proposal: 'aes128-sha1',
        localSubnets: ['10.0.192.0/20'],
        remoteSubnets: ['10.23.0.0/16', '10.25.0.0/16'],
        bytesIn: 35_328,
        bytesOut: 1_536,
        packetsIn: 421,
        packetsOut: 18,
        installedAt: '2026-01-02T03:04:05.700Z',
        rekeyAt: null,
      },
    ],
  });
}

export const SAMPLE_DIAGNOSIS: Diagnosis = {
  tunnel: 'idc',
  connectionStatus: 'stage1Failure',
  code: 'dh-group-mismatch',
  verdict: 'the DH groups of stage 1 differ: the peer wants 14 (modp2048), this end has 2 (modp1024)',
  severity: 'broken',
  role: 'initiator',
  authenticated: false,
  evidence: ['INVALID_KE_PAYLOAD from 113.31.113.78, which wants DH group 14 (modp2048)', 'last seen 12s ago'],
  comparisons: [
    {
      what: 'IKE proposals',
      here: ['ike aes128-sha1-modp1024'],
      peer: ['DH group 14 (modp2048)'],
      difference: null,
    },
  ],
  checks: [
    { name: 'udp-500', state: 'passed', text: 'UDP 500 answers (22 ms)' },
    { name: 'ike-version', state: 'passed', text: 'IKE version agreed' },
    { name: 'ike-proposal', state: 'failed', text: 'IKE proposal differs' },
    { name: 'pre-shared-key', state: 'not-reached', text: 'pre-shared key not reached yet' },
  ],
  configuration: [
    { key: 'tunnels.idc.ike.dhGroup', written: true, file: '/etc/cygnet/cygnet.yaml', line: 52, column: 22 },
  ],
  fixHere: 'set ike.dhGroup: 14',
  fixThere: 'or set DH group 2 (modp1024) there',
  faq: ['6 (4)'],
};

const SAMPLE_GATEWAY: GatewayRow = {
  name: 'gw1',
  address: '192.168.93.46',
  publicAddress: '106.75.234.78',
  vpc: ['10.0.192.0/20'],
  labels: { env: 'prod' },
  remarks: 'first',
  tunnels: 2,
  connected: 1,
};

const SAMPLE_PEER: PeerRow = {
  name: 'idc-peer',
  address: '113.31.113.78',
  labels: {},
  remarks: '',
  tunnels: 1,
  connected: 1,
};

const SAMPLE_SHUNT: ShuntRow = {
  name: 'office',
  action: 'bypass',
  local: ['10.0.0.0/16'],
  remote: ['10.0.0.0/8'],
  labels: {},
  remarks: 'stays here',
};

const SAMPLE_PPK = { id: 'qkd-1', secret: null, required: true };

const SAMPLE_POLICY: PolicyReport = {
  local: { address: '192.168.93.46', id: '106.75.234.78', subnets: ['10.0.192.0/20'] },
  remote: { address: '113.31.113.78', id: '113.31.113.78', subnets: ['10.23.0.0/16'] },
  psk: null,
  ppk: null,
  start: 'initiate',
  ike: { version: 2, mode: null, proposals: ['aes128-sha1-modp1024'], lifetime: 86_400, rekey: null },
  ipsec: {
    protocol: 'esp',
    mode: 'tunnel',
    encapsulation: 'auto',
    proposals: ['aes128-sha1-modp1024'],
    lifetime: 86_400,
    rekey: 3600,
  },
  more: { 'ipsec.mark': '0x2a/0xff' },
  dpd: { delay: 8, timeout: 13, action: 'restart' },
  retry: { attempts: 3, interval: 12 },
  routes: true,
  blockClearText: true,
};
