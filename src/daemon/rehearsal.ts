import { setTimeout as pause } from 'node:timers/promises';
import type { ConfigurationHost } from '../config/host.ts';
import { loadConfiguration } from '../config/load.ts';
import type { ControlEvent, TunnelStatus } from '../control/protocol.ts';
import { ENCRYPTION, INTEGRITY } from '../crypto/algorithms.ts';
import { selfTest } from '../crypto/self-test.ts';
import { systemEntropy } from '../crypto/system-entropy.ts';
import { UdpSocket } from '../native/udp-socket.ts';
import type { Capabilities } from '../sa/proposal.ts';
import { Daemon } from './daemon.ts';
import type { IkePorts } from './ike-sockets.ts';
import { NoDataPlane } from './no-data-plane.ts';

export type RehearsalOptions = {
  /** Texts of the two configurations, whose gateways have different addresses of the loopback. The first initiates. */
  readonly configurations: readonly [string, string];
  /** The key that both name as a file. */
  readonly key: string;
  /** Told of what happens at the first one. */
  readonly onEvent: (event: ControlEvent) => void;
  /** Milliseconds until it is given up. */
  readonly patience: number;
};

/**
 * Has two gateways in this process negotiate over the loopback, on ports that nobody needs rights for, with no data plane
 * below them. Resolves with how the tunnels of both are when all are connected, or patience is at its end.
 * @throws Error where a configuration or a socket is refused
 */
export async function rehearse(options: RehearsalOptions): Promise<readonly (readonly TunnelStatus[])[]> {
  const { configurations, key, onEvent, patience } = options;
  const ports = [freePorts(), freePorts()] as const;
  const daemons: Daemon[] = [];
  try {
    daemons.push(open(configurations[0], key, ports[0], ports[1]));
    daemons.push(open(configurations[1], key, ports[1], ports[0]));
    const silence = daemons[0]?.api.events.subscribe({ onEvent });
    for (const daemon of daemons.toReversed()) daemon.start();
    const statuses = await settled(daemons, patience);
    // That both end is no part of it.
    silence?.();
    return statuses;
  } finally {
    await Promise.all(daemons.map((daemon) => daemon.stop(Promise.resolve())));
  }
}

async function settled(daemons: readonly Daemon[], patience: number): Promise<readonly (readonly TunnelStatus[])[]> {
  const deadline = performance.now() + patience;
  for (;;) {
    const statuses = await Promise.all(daemons.map(async ({ api }) => (await api.status()).tunnels));
    const connected = statuses.flat().every(({ connectionStatus }) => connectionStatus === 'connected');
    if (connected || performance.now() > deadline) return statuses;
    await pause(20);
  }
}

function open(text: string, key: string, ports: IkePorts, peerPorts: IkePorts): Daemon {
  const result = loadConfiguration('cygnet.yaml', hostOf(text, key));
  if ('errors' in result) throw new Error(result.errors.map(({ message }) => message).join('; '));
  return new Daemon({
    configuration: result.configuration,
    capabilities: capabilities(),
    dataPlane: new NoDataPlane(),
    addresses: { addresses: () => [], onChange: () => undefined, close: () => undefined },
    entropy: systemEntropy,
    log: SILENT,
    version: { version: '', api: 1, startedAt: new Date().toISOString(), dataPlane: 'none' },
    ports,
    peerPorts,
    privileged: false,
  });
}

/** What is told comes by the events. */
const SILENT = { write: () => undefined, event: () => undefined, writes: () => false };

/** The data plane takes whatever is agreed. */
function capabilities(): Capabilities {
  const integrity = INTEGRITY.map(({ keyword }) => keyword);
  const encryption = ENCRYPTION.map(({ keyword }) => keyword);
  return { ike: selfTest().working, esp: { encryption, integrity }, ah: { integrity } };
}

/** A machine that has the configuration, and the key in whatever other file is asked for. */
function hostOf(text: string, key: string): ConfigurationHost {
  return {
    readFile: (path) => (path.endsWith('.yaml') ? text : key),
    listDirectory: () => [],
    permissions: () => 0o600,
    variable: () => undefined,
  };
}

function freePorts(): IkePorts {
  const sockets = [0, 0].map((port) => UdpSocket.open({ family: 4, port, udpEncap: false, bypassPolicy: false }));
  const [ike = 0, natTraversal = 0] = sockets.map(({ port }) => port);
  for (const socket of sockets) socket.close();
  return { ike, natTraversal };
}
