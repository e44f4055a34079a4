import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { HostReader, NetlinkWriter, parseAttributes, parseMessages } from '../netlink/netlink.ts';
import { dissect, kernelMessages, printedByIp } from '../netlink/testing/netlink-vectors.ts';
import type { SaSnapshot } from './sa-snapshot.ts';
import { encodeMovedPorts, encodeMovedSa, keysRedacted, parseSa, saCounters, saEncap } from './sa-snapshot.ts';

const dumped = kernelMessages('sa-dump').flatMap(({ type, payload }) =>
  type === 0x10 ? (parseSa(payload) ?? []) : [],
);
const spi = (number: number): SaSnapshot => {
  const found = dumped.find(({ key }) => key.spi === number);
  if (found === undefined) throw new Error(`no SA ${number}`);
  return found;
};
const inbound = () => spi(0xc0000001);
const outbound = () => spi(0xc0000002);
const elsewhere = {
  source: '192.0.2.2',
  destination: '192.0.2.11',
  encap: { sourcePort: 4500, destinationPort: 62_000 },
};

describe('SAs as the kernel shows them', () => {
  it('a dump yields what ip -s xfrm state prints', () => {
    const printed = [...printedByIp('ip -s xfrm state').matchAll(/proto (\w+) spi 0x(\w+)\(\d+\) reqid (\d+)/g)];
    expect(dumped.map(({ key, reqid }) => [key.protocol, key.spi.toString(16), String(reqid)])).toEqual(
      printed.map(([, protocol, number, reqid]) => [protocol, number, reqid]),
    );
    expect(inbound()).toMatchObject({ source: '192.0.2.1', key: { destination: '192.0.2.2' }, mode: 1, flags: 32 });
  });

  it('counts packets and bytes: three pings of 128 bytes', () => {
    expect(saCounters(inbound())).toEqual({ sa: inbound().key, packets: 3, bytes: 384 });
    expect(saCounters(spi(0xc0000003))).toMatchObject({ packets: 0, bytes: 0 });
  });

  it('the last use is told in milliseconds of wall time, where the kernel tells', () => {
    const used = new NetlinkWriter().u64(1_700_000_000n).finish();
    const snapshot = { ...inbound(), attributes: new Map([[15, used]]) };
    expect(saCounters(snapshot).lastUsedAt).toBe(1_700_000_000_000);
  });

  it('reads the UDP ports', () => {
    expect(saEncap(inbound())).toEqual({ sourcePort: 4500, destinationPort: 4500 });
    expect(saEncap(spi(0xc0000003))).toBeUndefined();
  });

  it('sees keys that the kernel has blanked', () => {
    expect(keysRedacted(outbound())).toBe(false);
    // Half of this key is zeros, and it is a key all the same.
    expect(keysRedacted(spi(0xc0000003))).toBe(false);
    const blanked = new Map(
      [...outbound().attributes].map(([type, value]) => [
        type,
        type === 2 ? value.map((byte, index) => (index < 68 ? byte : 0)) : value,
      ]),
    );
    expect(keysRedacted({ ...outbound(), attributes: blanked })).toBe(true);
  });
});

describe('an SA at other addresses', () => {
  const moved = dissect(encodeMovedSa(outbound(), elsewhere), 224);

  it('keeps algorithms, keys, mode, reqid and lifetime', () => {
    for (const type of [2, 20])
      expect(moved[`attribute ${type}`]).toBe(toHex(outbound().attributes.get(type) ?? new Uint8Array()));
    const [message] = parseMessages(encodeMovedSa(outbound(), elsewhere));
    const copy = parseSa(message?.payload ?? new Uint8Array());
    expect(copy).toMatchObject({
      key: { ...outbound().key, destination: '192.0.2.11' },
      source: '192.0.2.2',
      reqid: 7,
      mode: 1,
      flags: 32,
    });
    expect(copy?.lifetime).toEqual(outbound().lifetime);
  });

  it('carries its counters and age along (XFRMA_LTIME_VAL)', () => {
    expect(moved['attribute 9']).toBe(toHex(outbound().current));
  });

  it('has the new UDP ports, and the old form of the algorithm is left out', () => {
    expect(moved['attribute 4']?.slice(0, 12)).toBe('02001194f230');
    expect(moved['attribute 1']).toBeUndefined();
  });

  it('skips ahead of sequence numbers that may still be used, and keeps an inbound window as it is', () => {
    expect(replay(encodeMovedSa(outbound(), elsewhere), 10).slice(0, 2)).toEqual([3 + 0x4000, 0]);
    const original = toHex(inbound().attributes.get(23) ?? new Uint8Array());
    expect(dissect(encodeMovedSa(inbound(), elsewhere), 224)['attribute 23']).toBe(original);
  });

  it('carries into the upper half with ESN, and without it stops at the end rather than repeat a number', () => {
    const esn = withReplay(23, [1, 0xffff_fff0, 0, 4, 0, 1, 0]);
    expect(replay(encodeMovedSa(esn, elsewhere), 23)).toEqual([1, 0x3ff0, 0, 5, 0, 1, 0]);
    const legacy = withReplay(10, [0xffff_fff0, 0, 0]);
    expect(replay(encodeMovedSa(legacy, elsewhere), 10)).toEqual([0xffff_ffff, 0, 0]);
  });

  it('other ports alone are an update without counters or sequence numbers of its own', () => {
    const update = dissect(encodeMovedPorts(outbound(), { ...elsewhere, destination: '192.0.2.1' }), 224);
    expect(update.type).toBe(String(0x1a));
    expect(Object.keys(update).sort()).toEqual(['attribute 2', 'attribute 20', 'attribute 4', 'structure', 'type']);
  });
});

function withReplay(type: number, words: readonly number[]): SaSnapshot {
  const writer = new NetlinkWriter();
  for (const word of words) writer.u32(word);
  const attributes = new Map(outbound().attributes);
  attributes.delete(10);
  return { ...outbound(), attributes: attributes.set(type, writer.finish()) };
}

function replay(message: Uint8Array, type: number): number[] {
  const [parsed] = parseMessages(message);
  const state = parseAttributes(parsed?.payload.subarray(224) ?? new Uint8Array()).get(type) ?? new Uint8Array();
  const reader = new HostReader(state);
  return Array.from({ length: state.length / 4 }, () => reader.u32('word'));
}
