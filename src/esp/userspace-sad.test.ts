import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SeededEntropy } from '../base/entropy.ts';
import type { DataPlaneEvent, SaSpec } from '../sa/data-plane.ts';
import type { Command, CommandFailure } from './commands.ts';
import { Counters } from './counters.ts';
import { UserspaceSad } from './userspace-sad.ts';

const SA: SaSpec = {
  direction: 'in',
  protocol: 'esp',
  source: '192.0.2.2',
  destination: '192.0.2.1',
  spi: 0xc000_0001,
  reqid: 0x4300_0000,
  mode: 'tunnel',
  encryption: 'aes128gcm16',
  encryptionKey: new Uint8Array(20),
  esn: false,
  replayWindow: 128,
};
const KEY = { protocol: 'esp', destination: '192.0.2.1', spi: SA.spi } as const;
const ELSEWHERE = { source: '192.0.2.3', destination: '192.0.2.9', encap: { sourcePort: 4500, destinationPort: 4500 } };

function bed() {
  const told: { direction: string; command: Command }[] = [];
  const events: DataPlaneEvent[] = [];
  const counters = new Counters();
  let failure: CommandFailure | undefined;
  const sad = new UserspaceSad({
    entropy: new SeededEntropy(1),
    counters,
    call: (direction, command) => {
      told.push({ direction, command });
      return failure;
    },
    pathMtu: () => 1500,
    onExpire: (event) => events.push(event),
  });
  const fail = (code: string) => {
    failure = { code };
  };
  return { sad, told, events, counters, fail };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const REQUEST = { kind: 'allocate-spi', protocol: 'esp', local: '192.0.2.1', remote: '192.0.2.2', reqid: 1 } as const;

describe('SPIs', () => {
  it('are of the range of the kernel, and none is given twice', () => {
    const { sad } = bed();
    const spis = Array.from({ length: 200 }, () => sad.allocate(REQUEST)).map((result) => (result.ok ? result.spi : 0));
    expect(new Set(spis).size).toBe(200);
    for (const spi of spis) expect(spi >>> 28).toBe(0xc);
  });
});

describe('SAs', () => {
  it('of transport mode are refused, and no thread hears of them', () => {
    const { sad, told } = bed();
    const failure = { operation: 'add ESP SA in transport mode', code: 'EOPNOTSUPP' };
    expect(sad.add({ ...SA, mode: 'transport' })).toMatchObject({ ok: false, failure });
    expect(told).toEqual([]);
  });

  it('go to the thread of their direction with the MTU of their path', () => {
    const { sad, told } = bed();
    expect(sad.add(SA).ok).toBe(true);
    expect(told).toEqual([{ direction: 'in', command: { kind: 'add-sa', slot: 0, sa: SA, pathMtu: 1500 } }]);
  });

  it('are not there where the thread has refused them', () => {
    const { sad, told, fail } = bed();
    fail('EFAULT');
    const outcome = sad.add(SA);
    expect(outcome).toMatchObject({ ok: false, failure: { operation: 'add ESP SA', code: 'EFAULT' } });
    expect(sad.counters([KEY])).toEqual([]);
    // One that was only late has it by now: its key may come again, and no sequence number may be used twice.
    expect(told.at(-1)?.command).toEqual({ kind: 'remove-sa', slot: 0 });
  });

  it('are refused under a key that is taken', () => {
    const { sad } = bed();
    sad.add(SA);
    expect(sad.add(SA)).toMatchObject({ ok: false, failure: { code: 'EEXIST' } });
  });

  it('an addition is undone by a removal', () => {
    const { sad, told } = bed();
    const outcome = sad.add(SA);
    if (outcome.ok) outcome.undo();
    expect(told[1]).toEqual({ direction: 'in', command: { kind: 'remove-sa', slot: 0 } });
    expect(sad.counters([KEY])).toEqual([]);
  });

  it('tell what the thread has counted, and of what is gone nothing', () => {
    const { sad, counters } = bed();
    sad.add(SA);
    expect(sad.counters([KEY])).toEqual([{ sa: KEY, bytes: 0, packets: 0 }]);
    counters.count(0, 100, 5_000);
    counters.count(0, 50, 6_000);
    expect(sad.counters([KEY, { ...KEY, spi: 5 }])).toEqual([{ sa: KEY, bytes: 150, packets: 2, lastUsedAt: 6_000 }]);
  });

  it('begin with counters at nothing, whoever had the slot before', () => {
    const { sad, counters } = bed();
    counters.count(0, 100, 5_000);
    sad.add(SA);
    expect(sad.counters([KEY])[0]).toEqual({ sa: KEY, bytes: 0, packets: 0 });
  });

  it('move in place and have another key then; back where that is undone', () => {
    const { sad, told } = bed();
    sad.add(SA);
    const { outcome } = sad.move(KEY, ELSEWHERE);
    expect(told[1]?.command).toEqual({ kind: 'move-sa', slot: 0, to: ELSEWHERE, pathMtu: 1500 });
    expect(sad.counters([KEY])).toEqual([]);
    expect(sad.counters([{ ...KEY, destination: '192.0.2.9' }])).toHaveLength(1);
    if (outcome.ok) outcome.undo();
    expect(sad.counters([KEY])).toHaveLength(1);
  });

  it('cannot move where they are not, nor to where another one is', () => {
    const { sad } = bed();
    expect(sad.move(KEY, ELSEWHERE).outcome).toMatchObject({ failure: { code: 'ESRCH' } });
    sad.add(SA);
    sad.add({ ...SA, direction: 'out', destination: '192.0.2.9' });
    expect(sad.move(KEY, ELSEWHERE).outcome).toMatchObject({ failure: { code: 'EEXIST' } });
  });

  it('that packets come by are alone under their SPI, whatever their address', () => {
    const { sad } = bed();
    sad.add(SA);
    expect(sad.add({ ...SA, destination: '192.0.2.9' })).toMatchObject({ failure: { code: 'EEXIST' } });
    expect(sad.add({ ...SA, destination: '192.0.2.9', direction: 'out' }).ok).toBe(true);
  });

  it('end after their time, which is told', () => {
    const { sad, told, events } = bed();
    sad.add({ ...SA, hardLifetime: 10_000 });
    vi.advanceTimersByTime(9_999);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(events).toEqual([{ kind: 'expire', sa: KEY, hard: true }]);
    expect(told[1]?.command).toEqual({ kind: 'remove-sa', slot: 0 });
  });

  it('end silently where they are removed', () => {
    const { sad, events } = bed();
    sad.add({ ...SA, hardLifetime: 10_000 });
    sad.remove(KEY);
    vi.advanceTimersByTime(20_000);
    expect(events).toEqual([]);
  });
});

describe('what threads report', () => {
  it('is told of the SA that has the slot', () => {
    const { sad } = bed();
    sad.add(SA);
    const from = { address: '198.51.100.7', port: 4501 };
    expect(sad.eventOf({ kind: 'mapping', slot: 0, from })).toEqual({ kind: 'mapping', sa: KEY, from });
    expect(sad.eventOf({ kind: 'expire', slot: 0, hard: false })).toEqual({ kind: 'expire', sa: KEY, hard: false });
    expect(sad.eventOf({ kind: 'expire', slot: 1, hard: false })).toBeUndefined();
  });

  it('a hard limit has ended the SA', () => {
    const { sad, told } = bed();
    sad.add(SA);
    expect(sad.eventOf({ kind: 'expire', slot: 0, hard: true })).toEqual({ kind: 'expire', sa: KEY, hard: true });
    expect(sad.counters([KEY])).toEqual([]);
    expect(told).toHaveLength(1);
  });

  it('a packet that did not fit makes the path be measured', () => {
    const { sad, told } = bed();
    sad.add(SA);
    expect(sad.eventOf({ kind: 'oversize', slot: 0 })).toBeUndefined();
    expect(told[1]?.command).toEqual({ kind: 'path-mtu', slot: 0, pathMtu: 1500 });
  });

  it('of an SA that is gone concerns none that came after it', () => {
    const { sad } = bed();
    sad.add(SA);
    sad.remove(KEY);
    sad.add({ ...SA, spi: 0xc000_0002 });
    expect(sad.eventOf({ kind: 'expire', slot: 0, hard: true })).toBeUndefined();
  });
});
