import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startCygnet } from '../../conformance/lab/cygnet-gateway.ts';
import type { Place, RunningGateway } from '../../conformance/lab/gateway.ts';
import { poll } from '../../conformance/lab/poll.ts';
import { cygnet, LIBIPSEC, type Link, mirrored, swanctl } from '../../conformance/lab/presets.ts';
import { startStrongswan } from '../../conformance/lab/strongswan-gateway.ts';
import { ENDS } from './network.ts';
import type { Suite } from './suites.ts';

export type Daemon = 'cygnet' | 'strongswan';

/** Which daemon is on which side; a sends. */
export type Contender = {
  readonly name: string;
  readonly a: Daemon;
  readonly b: Daemon;
  /** Cygnet puts ESP into UDP although there is no NAT, as strongSwan's plugin always does. */
  readonly inUdp?: true;
};

export const CONTENDERS: readonly Contender[] = [
  { name: 'strongswan', a: 'strongswan', b: 'strongswan' },
  { name: 'cygnet', a: 'cygnet', b: 'cygnet' },
  { name: 'cygnet-in-udp', a: 'cygnet', b: 'cygnet', inUdp: true },
  { name: 'cygnet-to-strongswan', a: 'cygnet', b: 'strongswan' },
  { name: 'strongswan-to-cygnet', a: 'strongswan', b: 'cygnet' },
];

export type Pair = { readonly a: RunningGateway; readonly b: RunningGateway };

export type StartOptions = {
  readonly contender: Contender;
  readonly suite: Suite;
  /** Where cygnet is built. */
  readonly repository: string;
  /** For configurations, sockets and logs. */
  readonly directory: string;
};

/** Starts both gateways, b first, and waits until both say that the tunnel is up. */
export async function startPair(options: StartOptions): Promise<Pair> {
  const started: RunningGateway[] = [];
  try {
    for (const side of ['b', 'a'] as const) started.unshift(await startGateway(side, options));
    const [a, b] = started;
    if (a === undefined || b === undefined) throw new Error('a gateway is missing');
    if (options.contender.a === 'strongswan') refuse(await a.up());
    for (const gateway of [a, b]) await connected(gateway);
    return { a, b };
  } catch (error) {
    await Promise.all(started.map((gateway) => gateway.kill()));
    throw error;
  }
}

export async function stopPair({ a, b }: Pair): Promise<void> {
  await Promise.all([a.stop(), b.stop()]).catch(async (error) => {
    await Promise.all([a.kill(), b.kill()]);
    throw error;
  });
}

const LINK: Link = {
  local: ENDS.a.outer,
  remote: ENDS.b.outer,
  localId: ENDS.a.outer,
  remoteId: ENDS.b.outer,
  localSubnets: [ENDS.a.segment],
  remoteSubnets: [ENDS.b.segment],
  psk: 'test.1231',
};

function startGateway(side: 'a' | 'b', { contender, suite, repository, directory }: StartOptions) {
  const place: Place = { namespace: side, directory: join(directory, side) };
  mkdirSync(place.directory, { recursive: true });
  const link = side === 'a' ? LINK : mirrored(LINK);
  if (contender[side] === 'strongswan') {
    const plugins = [...suite.plugins, LIBIPSEC];
    return startStrongswan(swanctl(link, { ike: IKE_SUITE, esp: suite.name, plugins }), place, {});
  }
  const start = side === 'a' ? 'initiate' : 'respond';
  const ike = { proposals: [IKE_SUITE] };
  const ipsec = { ...suite.ipsec, ...(contender.inUdp ? { encapsulation: 'udp' } : {}) };
  return startCygnet(cygnet(link, { dataplane: 'userspace', start, ike, ipsec }), place, repository);
}

const IKE_SUITE = 'aes128-sha256-x25519';

async function connected(gateway: RunningGateway): Promise<void> {
  await poll(async () => {
    const unmet = await gateway.notConnected();
    return unmet === undefined ? { value: true } : { unmet };
  });
}

function refuse(failure: string | undefined): void {
  if (failure !== undefined) throw new Error(failure);
}
