import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededEntropy } from '../base/entropy.ts';
import { NetworkNamespace, namespacesMissing } from '../native/testing/network-namespace.ts';
import { UdpSocket } from '../native/udp-socket.ts';
import type { DataPlaneEvent, DataPlaneStep, PolicySpec, SaSpec } from '../sa/data-plane.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { ahSa, espSa } from './transform/testing/suites.ts';
import type { UserspaceDataPlane } from './userspace-data-plane.ts';

/**
 * Two data planes with their threads, each in a network of its own, and pings between these. Threads run compiled scripts
 * only: without a build of these sources there is nothing to try.
 */

const SOURCES = new URL('../', import.meta.url).pathname;
const BUILD = new URL('../../dist/', import.meta.url).pathname;
const why = namespacesMissing ?? buildMissing();

function buildMissing(): string | undefined {
  const parts = ['base', 'crypto', 'esp', 'native', 'netlink', 'sa'];
  try {
    const stale = parts.some((part) =>
      readdirSync(join(SOURCES, part), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|testing\//.test(file))
        .some((file) => isNewer(join(SOURCES, part, file), join(BUILD, part, file.replace(/\.ts$/, '.js')))),
    );
    return stale ? 'needs a build of these sources: npm run build' : undefined;
  } catch {
    return 'needs a build: npm run build';
  }
}

function isNewer(source: string, built: string): boolean {
  return statSync(source).mtimeMs > statSync(built).mtimeMs;
}

const NETS = ['10.1.0.0', '10.2.0.0'].map((address) => selectorFromPrefix({ address, length: 16 }));
const OUTER = ['192.0.2.1', '192.0.2.2'] as const;
const INNER = ['10.1.0.1', '10.2.0.1'] as const;
const OWNER = 'test';

/** One of the two gateways: 0 or 1. */
class Gateway {
  readonly namespace = NetworkNamespace.create();
  readonly events: DataPlaneEvent[] = [];
  readonly crashes: Error[] = [];
  readonly #ike: readonly UdpSocket[];
  readonly #side: 0 | 1;
  readonly plane: UserspaceDataPlane;

  constructor(Plane: typeof UserspaceDataPlane, side: 0 | 1) {
    this.#side = side;
    this.#ike = this.namespace.run(() =>
      ([4, 6] as const).map((family) =>
        UdpSocket.open({ family, port: 4_500, udpEncap: false, bypassPolicy: false, sharedPort: true }),
      ),
    );
    this.plane = this.namespace.run(() =>
      Plane.open({ entropy: new SeededEntropy(side + 1), onCrash: (error) => this.crashes.push(error) }),
    );
    this.plane.onEvent((event) => this.events.push(event));
  }

  /** The network around it; the other end of the cable is the peer's. */
  connect(peer: Gateway): void {
    const { namespace } = this;
    namespace.ip(`link add name out type veth peer name out netns ${peer.namespace.path}`);
    for (const gateway of [this, peer]) gateway.#configure();
  }

  begin(): void {
    this.namespace.run(() => this.plane.begin());
  }

  apply(...steps: readonly DataPlaneStep[]): void {
    expect(this.plane.perform({ kind: 'apply', steps })).toEqual({ kind: 'done' });
  }

  /** An SA of either direction, out of one from side 0 to side 1 and the one back. */
  add(pair: readonly [SaSpec, SaSpec]): void {
    const [mine, theirs] = this.#side === 0 ? pair : [pair[1], pair[0]];
    this.apply(
      { kind: 'add-sa', sa: { ...theirs, direction: 'in' } },
      { kind: 'add-sa', sa: { ...mine, direction: 'out' } },
      { kind: 'add-policy', owner: OWNER, policy: this.policy('in', 'protect', theirs) },
      { kind: 'add-policy', owner: OWNER, policy: this.policy('out', 'protect', mine) },
    );
  }

  policy(direction: 'in' | 'out', action: 'protect' | 'trap', sa: SaSpec): PolicySpec {
    const outbound = direction === 'out';
    const [mine, theirs] = this.#side === 0 ? [NETS[0], NETS[1]] : [NETS[1], NETS[0]];
    const [source, destination] = outbound ? [mine, theirs] : [theirs, mine];
    if (source === undefined || destination === undefined) throw new Error('two selectors');
    const template = {
      protocol: sa.protocol,
      mode: 'tunnel',
      reqid: sa.reqid,
      source: sa.source,
      destination: sa.destination,
    } as const;
    return { direction, source, destination, action, template };
  }

  /** How many of three pings to the peer were answered. */
  ping(size = 56): number {
    const [own, other] = this.#side === 0 ? INNER : [INNER[1], INNER[0]];
    const args = ['-c', '3', '-i', '0.05', '-W', '2', '-s', String(size), '-I', own, other];
    try {
      return Number(/(\d+) received/.exec(this.namespace.exec('ping', args))?.[1]);
    } catch (error) {
      return Number(/(\d+) received/.exec((error as { stdout?: string }).stdout ?? '')?.[1] ?? 0);
    }
  }

  /** What of it anybody could see from outside. */
  traces(): string[] {
    const commands = ['rule show', '-6 rule show', 'route show table all', '-6 route show table all', 'link show'];
    const lines = commands.flatMap((command) => this.namespace.ip(command).split('\n'));
    return lines.filter((line) => /proto 201|cygnet|c9c9|20[12]:/.test(line));
  }

  close(): void {
    this.plane.close();
    for (const socket of this.#ike) socket.close();
    this.namespace.close();
  }

  #configure(): void {
    const { namespace } = this;
    namespace.ip(`address add ${OUTER[this.#side]}/24 dev out`);
    namespace.ip('link set out up');
    namespace.ip(`address add ${INNER[this.#side]}/32 dev lo`);
  }
}

/** There and back. */
function pairOf(sa: SaSpec, spi: number): readonly [SaSpec, SaSpec] {
  const [a, b] = OUTER;
  return [
    { ...sa, source: a, destination: b, spi },
    { ...sa, source: b, destination: a, spi: spi + 1 },
  ];
}

/** What the SAs have carried, whichever direction they are of here. */
function carried(plane: UserspaceDataPlane, sas: readonly SaSpec[]) {
  const reply = plane.perform({ kind: 'query', sas });
  if (reply.kind !== 'counters') throw new Error(reply.kind);
  return reply.counters.map(({ packets, bytes }) => ({ packets, bytes }));
}

const encap = { sourcePort: 4_500, destinationPort: 4_500 };

describe.skipIf(why)(`two data planes in userspace (${why ?? 'in networks of their own'})`, () => {
  let gateways: readonly [Gateway, Gateway];

  beforeAll(async () => {
    const built: { UserspaceDataPlane: typeof UserspaceDataPlane } = await import(
      /* @vite-ignore */ join(BUILD, 'esp/userspace-data-plane.js')
    );
    gateways = [new Gateway(built.UserspaceDataPlane, 0), new Gateway(built.UserspaceDataPlane, 1)];
    gateways[0].connect(gateways[1]);
    for (const gateway of gateways) gateway.begin();
  });
  afterAll(() => {
    for (const gateway of gateways) gateway.close();
  });

  it('a packet that meets a trap asks for an SA', async () => {
    const [left] = gateways;
    const [sa] = pairOf(espSa({ encryption: 'aes128gcm16' }, false), 1);
    left.apply({ kind: 'add-policy', owner: 'trap', policy: left.policy('out', 'trap', sa) });
    expect(left.ping()).toBe(0);
    await expect.poll(() => left.events).toMatchObject([{ kind: 'acquire', reqid: sa.reqid }]);
  });

  it.each([
    ['ESP in UDP', 0x1000, { ...espSa({ encryption: 'aes128gcm16' }, true), encap }],
    ['ESP', 0x2000, espSa({ encryption: 'aes256', integrity: 'sha256' }, false)],
    ['AH', 0x3000, ahSa('sha256', true, 4)],
  ] as const)('%s carries pings, long ones too, and nothing when it is removed', (_, spi, sa) => {
    const [left, right] = gateways;
    const pair = pairOf(sa, spi);
    // The peer first: pings that met the trap go their way as soon as there is one.
    for (const gateway of [right, left]) gateway.add(pair);
    expect([left.ping(), right.ping(), left.ping(1_300), left.ping(3_000)]).toEqual([3, 3, 3, 3]);
    const [sent, taken] = gateways.map(({ plane }) => carried(plane, pair));
    expect(taken).toEqual(sent);
    // Three pings of ours and as many answers to the peer's; the long ones go in three fragments.
    for (const { packets } of sent ?? []) expect(packets).toBeGreaterThanOrEqual(18);
    for (const gateway of gateways)
      gateway.apply(
        ...pair.map((one) => ({ kind: 'remove-sa', sa: one }) as const),
        {
          kind: 'remove-policy',
          owner: OWNER,
          policy: gateway.policy('in', 'protect', pair[gateway === left ? 1 : 0]),
        },
        {
          kind: 'remove-policy',
          owner: OWNER,
          policy: gateway.policy('out', 'protect', pair[gateway === left ? 0 : 1]),
        },
      );
    expect(left.ping()).toBe(0);
    expect(gateways.flatMap(({ crashes }) => crashes)).toEqual([]);
  });

  it('leaves nothing behind when it is closed', () => {
    const [left] = gateways;
    expect(left.traces().length).toBeGreaterThan(0);
    for (const { plane } of gateways) plane.close();
    expect(gateways.map((gateway) => gateway.traces())).toEqual([[], []]);
  });
});
