import { beforeEach, describe, expect, it } from 'vitest';
import { createArena } from '../../native/arena.ts';
import type { PolicySpec, SaSpec } from '../../sa/data-plane.ts';
import { selectorFromPrefix } from '../../sa/traffic-selector.ts';
import type { Report } from '../commands.ts';
import { Counters } from '../counters.ts';
import { addressWords } from '../ip/address-words.ts';
import { ipPacket, ports } from '../testing/packets.ts';
import { BAD_ICV, DUMMY, MALFORMED, NOT_TUNNEL, REPLAYED } from '../transform/fault.ts';
import type { InboundTransform } from '../transform/transform.ts';
import { Arrival } from './arrival.ts';
import { InboundTraffic, type Ingress } from './inbound-traffic.ts';

const UDP = 17;
const HERE = selectorFromPrefix({ address: '10.1.0.0', length: 16 });
const THERE = selectorFromPrefix({ address: '10.2.0.0', length: 16 });
const template = { protocol: 'esp', mode: 'tunnel', reqid: 7, source: '192.0.2.2', destination: '192.0.2.1' } as const;
const PROTECT: PolicySpec = { direction: 'in', source: THERE, destination: HERE, action: 'protect', template };
const SA: SaSpec = {
  direction: 'in',
  protocol: 'esp',
  source: '192.0.2.2',
  destination: '192.0.2.1',
  encap: { sourcePort: 4500, destinationPort: 4500 },
  spi: 0xc000_0001,
  reqid: 7,
  mode: 'tunnel',
  esn: false,
  replayWindow: 32,
};

let fault: number | undefined;
let nextHeader = 4;
let closed = 0;

/** Eight bytes in front stand for ESP. */
const transform = (): InboundTransform => ({
  headroom: 8,
  get nextHeader() {
    return nextHeader;
  },
  open: (_arena, _at, length) => fault ?? length - 8,
  close: () => void closed++,
});

const AT = 100;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
let arena = createArena(10_000);
let delivered: string[] = [];
let reports: Report[] = [];
let now = 0;
let counters = new Counters();
let traffic = bed();

const ingress: Ingress = {
  deliver: (memory, at, length) => void delivered.push(hex(memory.bytes.subarray(at, at + length))),
};

function bed(): InboundTraffic {
  const arrived = new InboundTraffic({
    counters,
    transformOf: transform,
    report: (report) => void reports.push(report),
    mono: () => now,
  });
  arrived.apply({ kind: 'set-policy', key: 'a', policy: PROTECT });
  arrived.apply({ kind: 'add-sa', slot: 3, sa: SA, pathMtu: 1500 });
  return arrived;
}

beforeEach(() => {
  arena = createArena(10_000);
  [delivered, reports, now, fault, nextHeader, closed] = [[], [], 0, undefined, 4, 0];
  counters = new Counters();
  traffic = bed();
});

function packet({ source = '10.2.0.9', destination = '10.1.0.1', tos = 0, length = 60 } = {}): Uint8Array {
  const payload = new Uint8Array(length - 20);
  payload.set(ports(1000, 2000));
  return ipPacket({ source, destination, protocol: UDP, payload, tos });
}

type From = {
  readonly from?: string;
  readonly port?: number;
  readonly spi?: number;
  readonly tos?: number;
  readonly protocol?: 'esp' | 'ah';
};

function take(
  inner: Uint8Array = packet(),
  { from = '192.0.2.2', port = 4500, spi = SA.spi, tos = 0, protocol = 'esp' }: From = {},
): void {
  arena.view.setUint32(AT + (protocol === 'ah' ? 4 : 0), spi);
  arena.bytes.set(inner, AT + 8);
  const arrival = new Arrival(arena, 4);
  arrival.protocol = protocol;
  arrival.at = AT;
  arrival.length = inner.length + 8;
  arrival.tos = tos;
  arrival.source.set(addressWords(from));
  arrival.port = port;
  traffic.take(arrival, 5_000, ingress);
}

describe('what comes by the tunnel', () => {
  it('is let in and counted', () => {
    take();
    expect(delivered).toEqual([hex(packet())]);
    expect([counters.packets(3), counters.bytes(3), counters.lastUsedAt(3)]).toEqual([1, 60, 5_000]);
    expect(counters.drops().size).toBe(0);
  });

  it('without the padding that hides its length', () => {
    const padded = new Uint8Array(200);
    padded.set(packet());
    take(padded);
    expect(delivered).toEqual([hex(packet())]);
  });

  it('with the congestion that the way has told of', () => {
    take(packet({ tos: 2 }), { tos: 3 });
    expect(delivered[0]?.slice(2, 4)).toBe('03');
  });
});

describe('what is dropped', () => {
  const drops = () => Object.fromEntries(counters.drops());

  it('has an SPI that nobody has, or one of another protocol', () => {
    take(packet(), { spi: 5 });
    take(packet(), { protocol: 'ah' });
    expect(drops()).toEqual({ XfrmInNoStates: 2 });
  });

  it('is of an SA that is gone', () => {
    traffic.apply({ kind: 'remove-sa', slot: 3 });
    take();
    expect([drops(), closed]).toEqual([{ XfrmInNoStates: 1 }, 1]);
  });

  it.each([
    ['was there before', REPLAYED, { XfrmInStateSeqError: 1 }],
    ['is not authentic', BAD_ICV, { XfrmInStateProtoError: 1 }],
    ['is malformed', MALFORMED, { XfrmInHdrError: 1 }],
    ['is no tunnel packet', NOT_TUNNEL, { XfrmInStateModeError: 1 }],
    ['is a dummy, which is no error', DUMMY, {}],
  ])('%s', (_, cause, counted) => {
    fault = cause;
    take();
    expect([delivered, drops(), counters.packets(3), reports]).toEqual([[], counted, 0, []]);
  });

  it('is shorter than any header', () => {
    take(new Uint8Array(2));
    expect(drops()).toEqual({ XfrmInHdrError: 1 });
  });

  it('is not what its next header says', () => {
    nextHeader = 41;
    take();
    expect(drops()).toEqual({ XfrmInHdrError: 1 });
  });

  it('is not of the selectors of its SA', () => {
    take(packet({ source: '10.3.0.9' }));
    take(packet({ destination: '10.3.0.9' }));
    expect([delivered, drops()]).toEqual([[], { XfrmInNoPols: 2 }]);
  });

  it('came by another SA than its policy asks for', () => {
    traffic.apply({ kind: 'set-policy', key: 'a', policy: { ...PROTECT, template: { ...template, reqid: 8 } } });
    take();
    expect(drops()).toEqual({ XfrmInNoPols: 1 });
  });

  it('met congestion and cannot say so', () => {
    take(packet({ tos: 0 }), { tos: 3 });
    expect([delivered, drops()]).toEqual([[], { XfrmInError: 1 }]);
  });
});

describe('a peer that is elsewhere', () => {
  it('is told of once in a second, and not of where it is expected', () => {
    take(packet(), { port: 4501 });
    take(packet(), { from: '198.51.100.7' });
    expect(reports).toEqual([{ kind: 'mapping', slot: 3, from: { address: '192.0.2.2', port: 4501 } }]);
    now = 1_000;
    take(packet(), { from: '198.51.100.7' });
    expect(reports[1]).toEqual({ kind: 'mapping', slot: 3, from: { address: '198.51.100.7', port: 4500 } });
    expect(delivered).toHaveLength(3);
  });

  it('is where it is expected after the SA has moved', () => {
    const to = { source: '198.51.100.7', destination: '192.0.2.1', encap: { sourcePort: 4501, destinationPort: 4500 } };
    traffic.apply({ kind: 'move-sa', slot: 3, to, pathMtu: 1500 });
    take(packet(), { from: '198.51.100.7', port: 4501 });
    expect(reports).toEqual([]);
  });

  it('is nowhere else on the word of a packet that is not authentic', () => {
    fault = BAD_ICV;
    take(packet(), { from: '198.51.100.7' });
    expect(reports).toEqual([]);
  });

  it('is not followed without UDP, where no NAT can be', () => {
    const { encap: _, ...bare } = SA;
    traffic.apply({ kind: 'add-sa', slot: 4, sa: { ...bare, spi: 0xc000_0002 }, pathMtu: 1500 });
    take(packet(), { spi: 0xc000_0002, from: '198.51.100.7', port: 0 });
    expect([delivered.length, reports]).toEqual([1, []]);
  });
});

describe('ESP in UDP and without', () => {
  // RFC 7296 §2.23: ESP in UDP is taken whether or not there was a NAT. What is authentic may come without, too.
  it('are taken by an SA of the other kind', () => {
    const { encap: _, ...bare } = SA;
    traffic.apply({ kind: 'add-sa', slot: 4, sa: { ...bare, spi: 0xc000_0002 }, pathMtu: 1500 });
    take(packet(), { spi: 0xc000_0002, port: 4500 });
    take(packet(), { port: 0 });
    expect([delivered.length, reports]).toEqual([2, []]);
  });
});

describe('the limits of an SA', () => {
  it('the soft one is told once, the hard one ends it', () => {
    traffic.apply({ kind: 'remove-sa', slot: 3 });
    traffic.apply({ kind: 'add-sa', slot: 3, sa: { ...SA, packets: { soft: 2, hard: 3 } }, pathMtu: 1500 });
    for (let count = 0; count < 4; count++) take();
    expect(reports).toEqual([
      { kind: 'expire', slot: 3, hard: false },
      { kind: 'expire', slot: 3, hard: true },
    ]);
    expect(delivered).toHaveLength(3);
  });
});
