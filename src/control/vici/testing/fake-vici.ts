import type {
  ViciApi,
  ViciChildSa,
  ViciConnection,
  ViciIkeSa,
  ViciNews,
  ViciPolicy,
  ViciStanding,
  ViciTunnel,
} from '../vici-api.ts';

export const NOW = Date.UTC(2026, 10, 28, 13, 2, 45);

/** The Child SA `net` and the IKE SA `office` of the recording of charon. */
export function recordedChild(more: Partial<ViciChildSa> = {}): ViciChildSa {
  const usage = { bytes: 168, packets: 2, lastUsedAt: NOW - 2_000 };
  return {
    name: 'net',
    tunnel: 'office/net',
    uniqueId: 2,
    reqid: 1,
    state: 'INSTALLED',
    mode: 'TUNNEL',
    protocol: 'ESP',
    encap: true,
    spiIn: 'b4b3137d',
    spiOut: '6d4a435f',
    algorithms: { encryption: 'AES_CBC', keySize: 128, integrity: 'HMAC_SHA2_256_128', esn: false },
    inbound: usage,
    outbound: usage,
    rekeyAt: NOW + 3_389_000,
    endsAt: NOW + 3_958_000,
    installedAt: NOW - 2_000,
    localTs: ['10.1.0.0/24'],
    remoteTs: ['10.2.0.0/24'],
    ...more,
  };
}

export function recordedIke(more: Partial<ViciIkeSa> = {}): ViciIkeSa {
  return {
    connection: 'office',
    uniqueId: 1,
    version: 2,
    state: 'ESTABLISHED',
    local: { address: '10.9.0.1', port: 4500 },
    remote: { address: '10.9.0.2', port: 4500 },
    localId: '10.9.0.1',
    remoteId: '10.9.0.2',
    initiator: true,
    initiatorSpi: '417f5b7a35adc423',
    responderSpi: '45abd9379cf7e265',
    nat: { local: false, remote: true, faked: false },
    algorithms: {
      encryption: 'AES_CBC',
      keySize: 128,
      integrity: 'HMAC_SHA2_256_128',
      prf: 'PRF_HMAC_SHA2_256',
      keyExchange: 'MODP_2048',
    },
    establishedAt: NOW - 2_000,
    rekeyAt: NOW + 13_897_000,
    reauthAt: undefined,
    ppk: false,
    tasks: { queued: [], active: [], passive: [] },
    children: [recordedChild()],
    tunnels: ['office/net'],
    ...more,
  };
}

export function recordedConnection(more: Partial<ViciConnection> = {}): ViciConnection {
  const child = {
    mode: 'TUNNEL',
    rekeyTime: 3_600,
    rekeyBytes: 0,
    rekeyPackets: 0,
    dpdAction: 'none',
    closeAction: 'none',
  } as const;
  return {
    name: 'office',
    version: 2,
    localAddresses: ['10.9.0.1'],
    remoteAddresses: ['10.9.0.2'],
    authenticates: true,
    localId: '10.9.0.1',
    remoteId: '10.9.0.2',
    rekeyTime: 14_400,
    reauthTime: 0,
    unique: 'UNIQUE_NO',
    dpd: { delay: 30, timeout: 0 },
    ppk: undefined,
    children: [
      { ...child, name: 'net', localTs: ['10.1.0.0/24'], remoteTs: ['10.2.0.0/24'] },
      { ...child, name: 'gcm', localTs: ['10.1.8.0/24'], remoteTs: ['10.2.8.0/24'] },
    ],
    ...more,
  };
}

/** Test support: a daemon for vici that is what the test makes of it, and notes what it was told to do. */
export class FakeVici implements ViciApi {
  ikes: readonly ViciIkeSa[] = [recordedIke()];
  listed: readonly ViciConnection[] = [recordedConnection()];
  trapped: readonly ViciPolicy[] = [];
  shunted: readonly ViciTunnel[] = [];
  standings = new Map<string, ViciStanding>();
  /** Why nothing can be done. */
  refusal: string | undefined;
  counted = new Map<string, ReadonlyMap<string, number>>();
  readonly told: string[] = [];
  /** What follows when a tunnel is told to do something. */
  onAct: (what: string) => void = () => undefined;
  readonly #listeners = new Set<(news: ViciNews) => void>();

  get listeners(): number {
    return this.#listeners.size;
  }

  say(news: ViciNews): void {
    for (const listener of [...this.#listeners]) listener(news);
  }

  subscribe(listener: (news: ViciNews) => void): () => void {
    const own = (news: ViciNews) => listener(news);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  now(): number {
    return NOW;
  }

  version() {
    return { daemon: 'cygnet', version: '1', sysname: 'Linux', release: '6.1', machine: 'x86_64' };
  }

  stats() {
    return {
      startedAt: NOW - 137_000,
      workers: { total: 16, idle: 7 },
      scheduled: 3,
      ikeSas: { total: 2, halfOpen: 1 },
      plugins: ['cygnet'],
      memory: { total: 100, used: 60 },
    };
  }

  connections() {
    return this.listed;
  }

  loadedConnections() {
    return ['office'];
  }

  loadConnection() {
    return undefined;
  }

  unloadConnection() {
    return undefined;
  }

  keyIds() {
    return ['ike-office'];
  }

  loadKey() {
    return undefined;
  }

  unloadKey() {}

  unloadKeys() {}

  ikeSas() {
    return this.ikes;
  }

  policies() {
    return this.trapped;
  }

  algorithms() {
    return [
      ['encryption', ['AES_CBC']],
      ['aead', []],
    ] as const;
  }

  counters(connection?: string) {
    return this.counted.get(connection ?? '');
  }

  countedConnections() {
    return [...this.counted.keys()].filter((name) => name !== '');
  }

  resetCounters(connection?: string) {
    this.#act(`reset ${connection ?? 'all'}`);
  }

  async reload() {
    this.#act('reload');
    return this.refusal;
  }

  tunnels() {
    return this.listed.flatMap(({ name, children }) =>
      children.map((child) => ({ connection: name, child: child.name, name: `${name}/${child.name}` })),
    );
  }

  shunts() {
    return this.shunted;
  }

  standing(tunnel: string): ViciStanding {
    return this.standings.get(tunnel) ?? { kind: 'trying' };
  }

  initiate(tunnel: string) {
    this.#act(`initiate ${tunnel}`);
    return this.refusal;
  }

  endChild(tunnel: string, child: number) {
    this.#act(`end child ${child} of ${tunnel}`);
  }

  endIke(ikeSa: number, atOnce: boolean) {
    this.#act(`end IKE SA ${ikeSa}${atOnce ? ' at once' : ''}`);
  }

  rekeyChild(tunnel: string, child: number) {
    this.#act(`rekey child ${child} of ${tunnel}`);
  }

  rekeyIke(ikeSa: number, anew: boolean) {
    this.#act(`rekey IKE SA ${ikeSa}${anew ? ' anew' : ''}`);
  }

  setTrap(tunnel: string, set: boolean) {
    this.#act(`${set ? 'install' : 'uninstall'} ${tunnel}`);
    return this.refusal;
  }

  setShunt(shunt: string, set: boolean) {
    this.#act(`${set ? 'install' : 'uninstall'} shunt ${shunt}`);
    return this.refusal;
  }

  #act(what: string): void {
    this.told.push(what);
    this.onAct(what);
  }
}
