import { beforeEach, describe, expect, it } from 'vitest';
import { createArena } from '../../native/arena.ts';
import type { PolicySpec, SaAddresses, SaSpec } from '../../sa/data-plane.ts';
import type { ChildProtocol } from '../../sa/proposal.ts';
import { selectorFromPrefix } from '../../sa/traffic-selector.ts';
import type { Report } from '../commands.ts';
import { Counters } from '../counters.ts';
import { OuterHeader } from '../ip/outer-header.ts';
import type { PacketView } from '../ip/packet-view.ts';
import { ipPacket, ports } from '../testing/packets.ts';
import { EXHAUSTED } from '../transform/fault.ts';
import type { OutboundTransform } from '../transform/transform.ts';
import type { EgressPath } from './egress.ts';
import { OutboundTraffic } from './outbound-traffic.ts';

const UDP = 17;
const HERE = selectorFromPrefix({ address: '10.1.0.0', length: 16 });
const THERE = selectorFromPrefix({ address: '10.2.0.0', length: 16 });
const BLOCK: PolicySpec = { direction: 'out', source: HERE, destination: THERE, action: 'block' };
const template = { protocol: 'esp', mode: 'tunnel', reqid: 7, source: '192.0.2.1', destination: '192.0.2.2' } as const;
const PROTECT: PolicySpec = { ...BLOCK, action: 'protect', template };
const TRAP: PolicySpec = { ...BLOCK, action: 'trap', template: { ...template, reqid: 8 } };
const SA: SaSpec = {
  direction: 'out',
  protocol: 'esp',
  source: '192.0.2.1',
  destination: '192.0.2.2',
  spi: 0xc000_0001,
  reqid: 7,
  mode: 'tunnel',
  esn: false,
  replayWindow: 0,
};

/** Eight bytes in front and four behind stand for ESP. `spi` tells one from the other. */
class FakeTransform implements OutboundTransform {
  readonly headroom = 8;
  closed = false;
  readonly spi: number;
  readonly left: { packets: number };

  constructor(spi: number, left = { packets: Number.POSITIVE_INFINITY }) {
    this.spi = spi;
    this.left = left;
  }

  seal(_: unknown, _at: number, length: number): number {
    return this.left.packets-- > 0 ? this.overhead(length) : EXHAUSTED;
  }

  overhead(length: number): number {
    return length + 12;
  }

  largestInner(room: number): number {
    return room - 12;
  }

  close(): void {
    this.closed = true;
  }
}

type Path = EgressPath & { readonly to: string };

const AT = 200;
let arena = createArena(20_000);
let sent: {
  readonly to: string;
  readonly at: number;
  readonly length: number;
  readonly tos: number;
  readonly df: boolean;
}[] = [];
let flushes = 0;
let reports: Report[] = [];
let refused: string[] = [];
let now = 0;
let counters = new Counters();
let left = { packets: Number.POSITIVE_INFINITY };
let made: FakeTransform[] = [];
let traffic = bed();

function bed(): OutboundTraffic<Path> {
  return new OutboundTraffic<Path>({
    arena,
    counters,
    egress: {
      path: (slot: number, protocol: ChildProtocol, { source, destination }: SaAddresses) => {
        if (destination === '192.0.2.66') return undefined;
        const outer = protocol === 'ah' ? new OuterHeader(source, destination, 51) : undefined;
        return { slot, protocol, outerBytes: 28, outer, givenBytes: outer?.length ?? 0, to: destination };
      },
      send: ({ to }, at, length, tos, df) => void sent.push({ to, at, length, tos, df }),
      flush: () => void flushes++,
    },
    refusals: {
      tooBig: (_: PacketView, mtu: number) => void refused.push(`too big for ${mtu}`),
      prohibited: () => void refused.push('prohibited'),
    },
    transformOf: ({ spi }) => {
      const transform = new FakeTransform(spi, left);
      made.push(transform);
      return transform;
    },
    report: (report) => void reports.push(report),
    mono: () => now,
  });
}

beforeEach(() => {
  arena = createArena(20_000);
  [sent, reports, refused, made, flushes, now] = [[], [], [], [], 0, 0];
  counters = new Counters();
  left = { packets: Number.POSITIVE_INFINITY };
  traffic = bed();
});

function policy(spec: PolicySpec): void {
  traffic.apply({ kind: 'set-policy', key: 'a', policy: spec });
}

function add(slot: number, sa: SaSpec = SA, pathMtu = 1500) {
  return traffic.apply({ kind: 'add-sa', slot, sa, pathMtu });
}

function packet({ length = 100, df = false, tos = 0, source = '10.1.0.1', destination = '10.2.0.9' } = {}): Uint8Array {
  const payload = new Uint8Array(length - 20);
  payload.set(ports(1000, 2000));
  return ipPacket({ source, destination, protocol: UDP, payload, df, tos });
}

function forward(bytes: Uint8Array = packet()): void {
  arena.bytes.set(bytes, AT);
  traffic.forward(AT, bytes.length, 5_000);
}

describe('what leaves by the tunnel', () => {
  it('is sealed by the SA that its policy asks for, and counted', () => {
    policy(PROTECT);
    add(3);
    forward(packet({ tos: 0xb8 }));
    expect(sent).toEqual([{ to: '192.0.2.2', at: AT - 8, length: 112, tos: 0xb8, df: false }]);
    expect([counters.packets(3), counters.bytes(3), counters.lastUsedAt(3)]).toEqual([1, 100, 5_000]);
  });

  it('by the latest of several, and by the one before it when that is gone', () => {
    policy(PROTECT);
    add(1);
    add(2, { ...SA, destination: '192.0.2.3' });
    forward();
    traffic.apply({ kind: 'remove-sa', slot: 2 });
    forward();
    expect(sent.map(({ to }) => to)).toEqual(['192.0.2.3', '192.0.2.2']);
  });

  it('goes elsewhere when the SA moves', () => {
    policy(PROTECT);
    add(1);
    traffic.apply({ kind: 'move-sa', slot: 1, to: { source: '192.0.2.1', destination: '192.0.2.5' }, pathMtu: 1500 });
    forward();
    expect(sent.map(({ to }) => to)).toEqual(['192.0.2.5']);
  });

  it('has its outer header in front where the ICV covers it', () => {
    policy(PROTECT);
    add(1, { ...SA, protocol: 'ah' });
    forward();
    expect(sent).toMatchObject([{ at: AT - 8 - 20, length: 112 + 20 }]);
    expect(arena.bytes.subarray(AT - 28, AT - 27)).toEqual(Uint8Array.of(0x45));
  });

  it('padding behind the IP packet stays here', () => {
    policy(PROTECT);
    add(1);
    const bytes = new Uint8Array(160);
    bytes.set(packet());
    forward(bytes);
    expect(sent).toMatchObject([{ length: 112 }]);
  });
});

describe('what does not leave', () => {
  it('matches no policy, or one that blocks: the sender is told', () => {
    forward();
    policy(BLOCK);
    forward();
    expect(sent).toEqual([]);
    expect(refused).toEqual(['prohibited', 'prohibited']);
    expect(counters.drops().get('XfrmOutPolBlock')).toBe(2);
  });

  it('does not fit the path and may not be cut; what may be cut goes', () => {
    policy(PROTECT);
    add(1, SA, 1400);
    forward(packet({ length: 1361, df: true }));
    expect([sent.length, refused]).toEqual([0, ['too big for 1360']]);
    expect(counters.drops().get('XfrmOutStateModeError')).toBe(1);
    forward(packet({ length: 1361 }));
    forward(packet({ length: 1360, df: true }));
    expect(sent.map(({ length, df }) => [length, df])).toEqual([
      [1373, false],
      [1372, true],
    ]);
  });

  it('is IPv6 that does not fit; but what every link must take is cut outside', () => {
    const net = selectorFromPrefix({ address: '2001:db8::', length: 32 });
    policy({ ...PROTECT, source: net, destination: net });
    add(1, SA, 1300);
    const ipv6 = (length: number) => {
      const payload = new Uint8Array(length - 40);
      return ipPacket({ source: '2001:db8::1', destination: '2001:db8::2', protocol: UDP, payload });
    };
    forward(ipv6(1281));
    expect([sent.length, refused]).toEqual([0, ['too big for 1260']]);
    forward(ipv6(1280));
    expect(sent).toMatchObject([{ length: 1292, df: false }]);
  });

  it('fits a path that has become narrower, or wider', () => {
    policy(PROTECT);
    add(1, SA, 1500);
    traffic.apply({ kind: 'path-mtu', slot: 1, pathMtu: 1400 });
    forward(packet({ length: 1361, df: true }));
    traffic.apply({ kind: 'path-mtu', slot: 1, pathMtu: 1401 });
    forward(packet({ length: 1361, df: true }));
    expect(sent).toHaveLength(1);
  });

  it('is too long for a path that is narrower than any should be: it goes, and is cut outside', () => {
    policy(PROTECT);
    add(1, SA, 1000);
    forward(packet({ length: 900, df: true }));
    expect([sent.map(({ df }) => df), refused]).toEqual([[false], []]);
    traffic.apply({ kind: 'path-mtu', slot: 1, pathMtu: 1400 });
    forward(packet({ length: 900, df: true }));
    traffic.apply({ kind: 'move-sa', slot: 1, to: { source: '192.0.2.1', destination: '192.0.2.5' }, pathMtu: 600 });
    forward(packet({ length: 900, df: true }));
    expect(sent.map(({ df }) => df)).toEqual([false, true, false]);
  });

  it('is no IP packet', () => {
    policy(PROTECT);
    add(1);
    forward(Uint8Array.of(1, 2, 3));
    expect([sent, refused]).toEqual([[], []]);
  });

  it('comes when the sequence numbers are used up', () => {
    left.packets = 1;
    policy(PROTECT);
    add(1);
    forward();
    forward();
    expect(sent).toHaveLength(1);
    expect(counters.drops().get('XfrmOutStateSeqError')).toBe(1);
  });
});

describe('an SA that there is no socket for', () => {
  it('is refused', () => {
    expect(add(1, { ...SA, destination: '192.0.2.66' })).toMatchObject({ code: 'EAFNOSUPPORT' });
    expect(made).toEqual([]);
  });
});

describe('an SA of AH, which covers the outer header', () => {
  it('does not change the family of its addresses', () => {
    policy(PROTECT);
    add(1, { ...SA, protocol: 'ah' });
    const to = { source: '2001:db8::1', destination: '2001:db8::2' };
    expect(traffic.apply({ kind: 'move-sa', slot: 1, to, pathMtu: 1500 })).toMatchObject({ code: 'EAFNOSUPPORT' });
    forward();
    expect(sent).toMatchObject([{ to: '192.0.2.2' }]);
  });
});

describe('a packet that meets a trap', () => {
  it('asks for an SA of its flow, once in a while', () => {
    policy(TRAP);
    forward();
    forward();
    const side = (address: string, port: number) => ({
      protocol: UDP,
      startPort: port,
      endPort: port,
      start: address,
      end: address,
    });
    expect(reports).toEqual([
      { kind: 'acquire', reqid: 8, source: side('10.1.0.1', 1000), destination: side('10.2.0.9', 2000) },
    ]);
    now = 5_000;
    forward();
    expect(reports).toHaveLength(2);
    expect(counters.drops().get('XfrmOutNoStates')).toBe(3);
  });

  it('asks under another reqid at once', () => {
    policy(TRAP);
    forward();
    policy({ ...TRAP, template: { ...template, reqid: 9 } });
    forward();
    expect(reports).toHaveLength(2);
  });

  it('asks too where a policy protects and its SA is gone', () => {
    policy(PROTECT);
    forward();
    expect(reports).toMatchObject([{ kind: 'acquire', reqid: 7 }]);
  });

  it('waits, and goes its way as soon as there is one', () => {
    policy(TRAP);
    forward(packet({ length: 60 }));
    forward(packet({ length: 61 }));
    policy(PROTECT);
    add(1);
    now = 9_999;
    traffic.retry(AT, 6_000);
    expect(sent.map(({ length }) => length)).toEqual([72, 73]);
    expect(flushes).toBe(2);
    traffic.retry(AT, 6_000);
    expect(sent).toHaveLength(2);
  });

  it('does not wait for ever, however often it is tried', () => {
    policy(TRAP);
    forward();
    for (now = 1_000; now < 12_000; now += 1_000) traffic.retry(AT, 6_000);
    policy(PROTECT);
    add(1);
    traffic.retry(AT, 6_000);
    expect(sent).toEqual([]);
  });

  it('is one of few: the eldest gives way', () => {
    policy(TRAP);
    for (let length = 50; length < 100; length++) forward(packet({ length }));
    policy(PROTECT);
    add(1);
    traffic.retry(AT, 6_000);
    expect(sent.map(({ length }) => length)).toEqual(Array.from({ length: 16 }, (_, index) => 96 + index));
  });
});

describe('the limits of an SA', () => {
  it('the soft one is told once, the hard one ends it', () => {
    policy(PROTECT);
    add(1, { ...SA, packets: { soft: 2, hard: 4 } });
    for (let count = 0; count < 5; count++) forward();
    expect(reports.filter(({ kind }) => kind === 'expire')).toEqual([
      { kind: 'expire', slot: 1, hard: false },
      { kind: 'expire', slot: 1, hard: true },
    ]);
    expect(sent).toHaveLength(4);
  });

  it('hold for bytes as well', () => {
    policy(PROTECT);
    add(1, { ...SA, bytes: { soft: 150, hard: 1_000 } });
    forward();
    expect(reports).toEqual([]);
    forward();
    expect(reports).toEqual([{ kind: 'expire', slot: 1, hard: false }]);
  });
});
