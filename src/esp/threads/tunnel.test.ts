import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededEntropy } from '../../base/entropy.ts';
import { PollSet } from '../../native/poll-set.ts';
import { NetworkNamespace, namespacesMissing } from '../../native/testing/network-namespace.ts';
import { UdpSocket } from '../../native/udp-socket.ts';
import type { PolicySpec, SaSpec } from '../../sa/data-plane.ts';
import { selectorFromPrefix } from '../../sa/traffic-selector.ts';
import type { Report } from '../commands.ts';
import { Counters } from '../counters.ts';
import { EspSockets } from '../esp-sockets.ts';
import { MemoryTun, segmentationHeader } from '../testing/memory-tun.ts';
import { ipPacket, partialTcpPacket, ports, upperSum } from '../testing/packets.ts';
import { createTransformResources } from '../transform/resources.ts';
import { ahSa, espSa } from '../transform/testing/suites.ts';
import { inboundTransform, outboundTransform } from '../transform/transforms.ts';
import { ArrivalSource } from './arrival-source.ts';
import type { Egress } from './egress.ts';
import { InboundTraffic } from './inbound-traffic.ts';
import { OutboundTraffic } from './outbound-traffic.ts';
import { REFUSAL_BYTES, Refusals } from './refusals.ts';
import { SocketEgress, type SocketPath } from './socket-egress.ts';
import { TunSource } from './tun-source.ts';

/** Both directions in one thread: from a TUN in memory through real sockets to another TUN in memory. */

const TUN_MTU = 1_400;
const UDP = 17;
const OUTER = { 4: ['127.0.0.1', '127.0.0.2'], 6: ['::1', '::1'] } as const;
const INNER = { 4: ['10.1.0.1', '10.2.0.9'], 6: ['2001:db8:1::1', '2001:db8:2::9'] } as const;
const NETS = {
  4: [selectorFromPrefix({ address: '10.1.0.0', length: 16 }), selectorFromPrefix({ address: '10.2.0.0', length: 16 })],
  6: [
    selectorFromPrefix({ address: '2001:db8:1::', length: 48 }),
    selectorFromPrefix({ address: '2001:db8:2::', length: 48 }),
  ],
} as const;
const PORT = 4_500;
const encap = { sourcePort: PORT, destinationPort: PORT };
const GCM = espSa({ encryption: 'aes128gcm16' }, false);
const CBC = espSa({ encryption: 'aes256', integrity: 'sha256' }, true);
const OUT = 1;
const IN = 2;

type Family = 4 | 6;
type Kind = readonly [name: string, family: Family, sa: SaSpec];
const kind = (name: string, family: Family, sa: Partial<SaSpec>): Kind => {
  const [source, destination] = OUTER[family];
  return [name, family, { ...GCM, ...sa, source, destination }];
};
const KINDS: readonly Kind[] = ([4, 6] as const).flatMap((family) => [
  kind('ESP in UDP', family, { ...GCM, encap }),
  kind('ESP in UDP with CBC and ESN', family, { ...CBC, encap }),
  kind('ESP', family, GCM),
  kind('ESP with CBC and ESN', family, CBC),
  kind('AH', family, ahSa('sha256', true, family)),
]);

let namespace: NetworkNamespace;
let sockets: EspSockets;
const ike: UdpSocket[] = [];

/** Sealed packets on their way, which may be caught and sent again as they are or otherwise. */
class Tap implements Egress<SocketPath> {
  readonly #egress: SocketEgress;
  readonly #source: TunSource;
  caught: { readonly path: SocketPath; readonly bytes: Uint8Array }[] | undefined;

  constructor(egress: SocketEgress, source: TunSource) {
    this.#egress = egress;
    this.#source = source;
  }

  path: SocketEgress['path'] = (...parts) => this.#egress.path(...parts);

  send(path: SocketPath, at: number, length: number, tos: number, df: boolean): void {
    if (this.caught === undefined) this.#egress.send(path, at, length, tos, df);
    else this.caught.push({ path, bytes: this.#source.arena.bytes.slice(at, at + length) });
  }

  flush(): void {
    this.#egress.flush();
  }

  /** As if somebody on the way had sent it. */
  inject(path: SocketPath, ...packets: readonly Uint8Array[]): void {
    let { at } = this.#source;
    for (const bytes of packets) {
      this.#source.arena.bytes.set(bytes, at);
      this.#egress.send(path, at, bytes.length, 0, false);
      at += bytes.length;
    }
    this.#egress.flush();
  }
}

function bed(sa: SaSpec, innerFamily: Family, { pathMtu = 1_500 } = {}) {
  const [near, far] = [new MemoryTun(), new MemoryTun()];
  const counters = new Counters();
  const reports: Report[] = [];
  const clock = { now: 0 };
  const mono = () => clock.now;
  const report = (told: Report) => void reports.push(told);
  const resources = createTransformResources(new SeededEntropy(3));
  const source = new TunSource(near, TUN_MTU, REFUSAL_BYTES);
  const { arena } = source;
  const { carriers } = sockets;
  const tap = new Tap(new SocketEgress({ arena, carriers, counters, report, mono }), source);
  const outbound = new OutboundTraffic<SocketPath>({
    arena,
    egress: tap,
    counters,
    refusals: new Refusals({ arena, at: source.spareAt, tun: near, mono }),
    transformOf: (spec) => outboundTransform(spec, resources),
    report,
    mono,
  });
  const inbound = new InboundTraffic({
    counters,
    transformOf: (spec) => inboundTransform(spec, resources),
    report,
    mono,
  });
  const [from, to] = NETS[innerFamily];
  const { protocol, reqid, source: here, destination: there } = sa;
  const template = { protocol, mode: 'tunnel', reqid, source: here, destination: there } as const;
  const policy = (direction: 'in' | 'out'): PolicySpec => ({
    direction,
    source: from,
    destination: to,
    action: 'protect',
    template,
  });
  outbound.apply({ kind: 'set-policy', key: 'a', policy: policy('out') });
  inbound.apply({ kind: 'set-policy', key: 'a', policy: policy('in') });
  expect(outbound.apply({ kind: 'add-sa', slot: OUT, sa, pathMtu })).toBeUndefined();
  expect(inbound.apply({ kind: 'add-sa', slot: IN, sa: { ...sa, direction: 'in' }, pathMtu })).toBeUndefined();
  const receiving = carriers.filter(({ dontFragment }) => !dontFragment);
  const poll = new PollSet(receiving.map(({ fd }) => fd));
  const arrivals = receiving.map(
    (carrier) => new ArrivalSource({ carrier, traffic: inbound, tun: far, mtu: TUN_MTU, report, mono }),
  );
  /** All that waits in the TUN and then in the sockets. */
  const run = () => {
    while (near.waiting.length > 0) source.receive(outbound, 1_000);
    while (poll.wait(20) > 0)
      for (const [index, arrival] of arrivals.entries()) if (poll.ready(index)) arrival.receive(1_000);
  };
  const drops = () => Object.fromEntries(counters.drops());
  return { near, far, tap, run, reports, counters, drops, clock };
}

function innerPacket(family: Family, length: number, { df = false } = {}): Uint8Array {
  const [source, destination] = INNER[family];
  const payload = new Uint8Array(length - (family === 4 ? 20 : 40)).map((_, index) => index * 7 + length);
  payload.set(ports(1_000, 2_000).subarray(0, payload.length));
  return ipPacket({ source, destination, protocol: UDP, payload, df });
}

/**
 * A sealed packet with each bit 4 changed, of each shorter length, and with more behind it. Up to `from` it stays: of the
 * outer header of AH the kernel writes some, and some may change on the way.
 */
function forgeries(bytes: Uint8Array, from: number): readonly Uint8Array[] {
  const places = Array.from({ length: bytes.length - from }, (_, index) => from + index);
  return [
    ...places.map((place) => bytes.map((byte, at) => (at === place ? byte ^ 0x10 : byte))),
    ...places.slice(4).map((length) => bytes.slice(0, length)),
    ...[1, 4, 16, 1_000].map((more) => Uint8Array.from([...bytes, ...new Uint8Array(more)])),
  ];
}

beforeAll(() => {
  if (namespacesMissing !== undefined) return;
  namespace = NetworkNamespace.create();
  namespace.run(() => {
    for (const family of [4, 6] as const)
      ike.push(UdpSocket.open({ family, port: PORT, udpEncap: false, bypassPolicy: false, sharedPort: true }));
    sockets = EspSockets.open({ mark: 7, port: PORT });
  });
});
afterAll(() => {
  if (namespacesMissing !== undefined) return;
  sockets.close();
  for (const socket of ike) socket.close();
  namespace.close();
});

const why = namespacesMissing ?? 'over loopback';
describe.skipIf(namespacesMissing)(`a tunnel from TUN to TUN (${why})`, () => {
  it('has all the sockets that there are', () => {
    expect(sockets.carriers).toHaveLength(12);
  });

  describe.each(KINDS)('%s, IPv%d outside', (_, __, sa) => {
    it.each([4, 6] as const)('carries IPv%d packets of any length, each as it was and in order', (family) => {
      const { near, far, run, counters, drops } = bed(sa, family);
      const shortest = family === 4 ? 20 : 40;
      const lengths = [...Array.from({ length: 60 }, (_, index) => shortest + index), 700, 1_000, 1_000, 999, 1_400];
      const packets = lengths.map((length) => innerPacket(family, length));
      near.put(...packets);
      run();
      expect(far.written.map(({ bytes }) => bytes)).toEqual(packets);
      expect(far.written.every(({ header }) => header.every((byte) => byte === 0))).toBe(true);
      expect([counters.packets(OUT), counters.packets(IN), drops()]).toEqual([packets.length, packets.length, {}]);
    });

    it.each([4, 6] as const)(
      'carries what the kernel leaves whole, and gives it to the kernel whole: IPv%d',
      (family) => {
        const { near, far, run, drops } = bed(sa, family);
        const [source, destination] = INNER[family];
        const data = new Uint8Array(60_000).map((_, index) => (index * 31) >> 4);
        const bytes = partialTcpPacket({ source, destination, seq: 0xffff_0000, flags: 0x18, df: true, data });
        near.waiting.push({ header: segmentationHeader(family, 1_300), bytes });
        near.put(innerPacket(family, 100));
        run();
        const last = far.written.pop();
        expect(last?.bytes).toEqual(innerPacket(family, 100));
        expect(drops()).toEqual({});
        const headers = family === 4 ? 40 : 60;
        const carried = far.written.map((packet) => packet.bytes.subarray(headers));
        expect(Buffer.concat(carried).equals(data)).toBe(true);
        // 47 segments come in a few batches.
        expect(far.written.length).toBeLessThan(10);
        let seq = 0xffff_0000;
        for (const { header, bytes: packet } of far.written) {
          const view = new DataView(packet.buffer);
          expect(view.getUint32(headers - 16)).toBe(seq);
          seq = (seq + packet.length - headers) >>> 0;
          const tcp = packet.subarray(headers - 20);
          // With the sum of the pseudo-header in its field, unless it is a single segment whose checksum is whole.
          if (header[0] === 1) expect(new DataView(header.buffer).getUint16(4, true)).toBe(1_300);
          else expect(upperSum({ source, destination }, 6, tcp)).toBe(0xffff);
        }
      },
    );

    it('lets nothing in that was changed, cut, lengthened or seen before, and nothing of it moves the peer', () => {
      const { near, far, tap, run, reports, counters, drops } = bed(sa, 4);
      tap.caught = [];
      near.put(innerPacket(4, 60), innerPacket(4, 61));
      run();
      const [first, second] = tap.caught;
      if (first === undefined || second === undefined) throw new Error('two packets');
      const { path, bytes } = first;
      const forged = forgeries(bytes, path.givenBytes);
      for (const packet of forged) tap.inject(path, packet);
      run();
      expect([far.written.length, counters.packets(IN), reports]).toEqual([0, 0, []]);
      expect(Object.values(drops()).reduce((sum, count) => sum + count, 0)).toBe(forged.length);
      for (const caught of [second, first, second, first]) tap.inject(caught.path, caught.bytes);
      run();
      expect(far.written.map((packet) => packet.bytes.length)).toEqual([61, 60]);
      expect(drops()).toMatchObject({ XfrmInStateSeqError: 2 });
    });
  });

  // The kernel puts together what comes behind ESP (GRO), and gives it to whom the first of it is for.
  it.each([4, 6] as const)('IKE that comes with ESP in one is handed on, at a limited rate, IPv%d', (family) => {
    const [source, destination] = OUTER[family];
    const { near, far, tap, run, reports, drops, clock } = bed({ ...GCM, source, destination, encap }, 4);
    tap.caught = [];
    near.put(innerPacket(4, 100));
    run();
    const [caught] = tap.caught;
    if (caught === undefined) throw new Error('a packet');
    const ikeMessage = Uint8Array.from([0, 0, 0, 0, ...new Uint8Array(40).fill(7)]);
    const keepalive = Uint8Array.of(0xff);
    tap.inject(caught.path, caught.bytes, ikeMessage);
    tap.inject(caught.path, caught.bytes, keepalive);
    run();
    expect(reports).toEqual([
      { kind: 'ike', from: { address: source, port: PORT }, to: destination, bytes: ikeMessage },
    ]);
    expect([far.written.length, drops()]).toEqual([1, { XfrmInStateSeqError: 1 }]);
    for (let count = 0; count < 1_100; count++) {
      tap.inject(caught.path, caught.bytes, ikeMessage);
      if (count % 50 === 0) run();
    }
    run();
    expect(reports.length).toBe(1_000);
    clock.now = 1_000;
    tap.inject(caught.path, caught.bytes, ikeMessage);
    run();
    expect(reports.length).toBe(1_001);
  });

  it('a long message of UDP that may be cut comes whole over a path that is narrower', () => {
    namespace.ip('link set lo mtu 1300');
    const { near, far, run, drops } = bed({ ...GCM, source: '127.0.0.1', destination: '127.0.0.2', encap }, 4);
    const packets = Array.from({ length: 5 }, () => innerPacket(4, 1_400));
    near.put(...packets);
    run();
    namespace.ip('link set lo mtu 65536');
    expect(far.written.map(({ bytes }) => bytes)).toEqual(packets);
    expect(drops()).toEqual({});
  });

  it('one that may not be cut and does not fit is told of once in a while, and counted each time', () => {
    namespace.ip('link set lo mtu 1300');
    const { near, far, run, reports, drops, clock } = bed(
      { ...GCM, source: '127.0.0.1', destination: '127.0.0.2', encap },
      4,
    );
    const send = () => {
      near.put(innerPacket(4, 1_400, { df: true }), innerPacket(4, 1_400, { df: true }));
      run();
    };
    send();
    send();
    expect(reports).toEqual([{ kind: 'oversize', slot: OUT }]);
    clock.now = 1_000;
    send();
    namespace.ip('link set lo mtu 65536');
    expect(reports).toHaveLength(2);
    expect([far.written, drops()]).toEqual([[], { XfrmOutStateModeError: 6 }]);
  });

  it('a path that leads nowhere costs its packets alone, and is not taken for a narrow one', () => {
    const { near, run, reports, drops } = bed({ ...GCM, source: '127.0.0.1', destination: '192.0.2.1', encap }, 4);
    near.put(innerPacket(4, 100), innerPacket(4, 100));
    run();
    expect([reports, drops()]).toEqual([[], { XfrmOutBundleGenError: 2 }]);
  });

  it('the sender of what is too long for the path is told by what comes out of the TUN', () => {
    const { near, run, drops } = bed({ ...GCM, source: '127.0.0.1', destination: '127.0.0.2', encap }, 4, {
      pathMtu: 1_300,
    });
    near.put(innerPacket(4, 1_400, { df: true }));
    run();
    expect(near.written).toHaveLength(1);
    const answer = near.written[0]?.bytes ?? new Uint8Array();
    expect([answer[9], answer[20], answer[21]]).toEqual([1, 3, 4]);
    expect(drops()).toEqual({ XfrmOutStateModeError: 1 });
  });
});
