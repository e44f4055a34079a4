import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../base/net.ts';
import type { LinkConditions } from './conditions.ts';
import { CALM, HOME_ROUTER, PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import { NatDevice } from './nat.ts';
import type { Datagram } from './network.ts';
import { SimNetwork } from './network.ts';
import { Scheduler } from './scheduler.ts';

const A: Endpoint = { address: '192.0.2.1', port: 500 };
const B: Endpoint = { address: '198.51.100.1', port: 500 };
const INSIDE: Endpoint = { address: '10.9.0.2', port: 4500 };

function network(conditions: LinkConditions = CALM, seed = 1) {
  const scheduler = new Scheduler();
  const net = new SimNetwork(scheduler, new Dice(seed), conditions);
  const got: Datagram[] = [];
  for (const address of [A.address, B.address, INSIDE.address]) net.attach(address, (datagram) => got.push(datagram));
  const drain = () => {
    while (scheduler.step());
    return got.splice(0);
  };
  return { scheduler, net, drain };
}

const numbered = (n: number): Uint8Array => Uint8Array.of(n >> 8, n & 0xff);
const numberOf = ({ bytes }: Datagram): number => ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);

function sendMany(conditions: LinkConditions, count: number): number[] {
  const { net, scheduler, drain } = network(conditions);
  for (let n = 0; n < count; n++) scheduler.at(n, () => net.send({ from: A, to: B, bytes: numbered(n) }));
  return drain().map(numberOf);
}

describe('the path', () => {
  it('calm: everything arrives once, within the latency', () => {
    const { net, scheduler, drain } = network();
    net.send({ from: A, to: B, bytes: numbered(7) });
    expect(net.inFlight).toBe(1);
    expect(drain()).toEqual([{ from: A, to: B, bytes: numbered(7) }]);
    expect(scheduler.now).toBeGreaterThanOrEqual(CALM.latency[0]);
    expect(scheduler.now).toBeLessThanOrEqual(CALM.latency[1]);
    expect(net.inFlight).toBe(0);
  });

  it('loses the share that the conditions say', () => {
    const arrived = sendMany(PRESETS.lossy30, 5_000).length;
    expect(arrived).toBeGreaterThan(3_300);
    expect(arrived).toBeLessThan(3_700);
  });

  it('loses in runs where the losses are bursts', () => {
    const arrived = new Set(sendMany(PRESETS.bursty, 5_000));
    let longest = 0;
    let run = 0;
    for (let n = 0; n < 5_000; n++) {
      run = arrived.has(n) ? 0 : run + 1;
      longest = Math.max(longest, run);
    }
    expect(longest).toBeGreaterThan(8);
    expect(arrived.size).toBeGreaterThan(2_500);
  });

  it('duplicates and reorders', () => {
    const twice = sendMany(PRESETS.duplicating, 1_000);
    expect(twice.length).toBeGreaterThan(1_400);
    expect(new Set(twice).size).toBe(1_000);
    const shuffled = sendMany(PRESETS.reordering, 1_000);
    expect(shuffled).toHaveLength(1_000);
    expect(shuffled.filter((n, index) => n < (shuffled[index - 1] ?? 0)).length).toBeGreaterThan(100);
  });

  it('drops what is bigger than the MTU, headers counted', () => {
    const { net, drain } = network(PRESETS.narrow);
    net.send({ from: A, to: B, bytes: new Uint8Array(576 - 28) });
    net.send({ from: A, to: B, bytes: new Uint8Array(576 - 27) });
    expect(drain().map(({ bytes }) => bytes.length)).toEqual([548]);
  });

  it('a partition holds until it is healed, also for what is under way', () => {
    const { net, drain } = network();
    net.send({ from: A, to: B, bytes: numbered(1) });
    net.partition(A.address, B.address);
    net.send({ from: B, to: A, bytes: numbered(2) });
    expect(drain()).toEqual([]);
    net.heal();
    net.send({ from: A, to: B, bytes: numbered(3) });
    expect(drain().map(numberOf)).toEqual([3]);
  });

  it('the same seed gives the same weather', () => {
    expect(sendMany(PRESETS.awful, 500)).toEqual(sendMany(PRESETS.awful, 500));
  });
});

describe('a NAT device', () => {
  const OUTSIDE = '203.0.113.7';
  const behindNat = (changes: Partial<ConstructorParameters<typeof NatDevice>[0]> = {}) => {
    const made = network();
    const nat = new NatDevice({ ...HOME_ROUTER, address: OUTSIDE, inside: [INSIDE.address], ...changes });
    made.net.addNat(nat);
    return { ...made, nat };
  };

  it('maps the port on the way out and back on the way in', () => {
    const { net, drain } = behindNat();
    net.send({ from: INSIDE, to: B, bytes: numbered(1) });
    const [first] = drain();
    expect(first?.from.address).toBe(OUTSIDE);
    expect(first?.from.port).not.toBe(INSIDE.port);
    net.send({ from: B, to: first?.from ?? B, bytes: numbered(2) });
    expect(drain()).toEqual([{ from: B, to: INSIDE, bytes: numbered(2) }]);
  });

  it('lets nobody in who has not been written to', () => {
    const { net, drain } = behindNat();
    net.send({ from: INSIDE, to: B, bytes: numbered(1) });
    const mapped = drain()[0]?.from ?? B;
    net.send({ from: { ...B, port: 4500 }, to: mapped, bytes: numbered(2) });
    net.send({ from: B, to: { address: OUTSIDE, port: 1 }, bytes: numbered(3) });
    net.send({ from: B, to: INSIDE, bytes: numbered(4) });
    expect(drain()).toEqual([]);
  });

  it('a mapping expires without traffic from inside, and the next one has another port', () => {
    const { net, scheduler, drain } = behindNat();
    net.send({ from: INSIDE, to: B, bytes: numbered(1) });
    const before = drain()[0]?.from ?? B;
    scheduler.advanceTo(scheduler.now + HOME_ROUTER.mappingLifetime);
    net.send({ from: B, to: before, bytes: numbered(2) });
    expect(drain()).toEqual([]);
    net.send({ from: INSIDE, to: B, bytes: numbered(3) });
    expect(drain()[0]?.from.port).not.toBe(before.port);
  });

  it('rebinding changes the port at once', () => {
    const { net, nat, drain } = behindNat();
    net.send({ from: INSIDE, to: B, bytes: numbered(1) });
    const before = drain()[0]?.from;
    nat.rebind();
    net.send({ from: INSIDE, to: B, bytes: numbered(2) });
    expect(drain()[0]?.from.port).not.toBe(before?.port);
  });

  it('a forwarded port leads inside, and answers leave by it', () => {
    const { net, drain } = behindNat({ forwards: [{ outsidePort: 4500, inside: INSIDE }] });
    net.send({ from: A, to: { address: OUTSIDE, port: 4500 }, bytes: numbered(1) });
    expect(drain()).toEqual([{ from: A, to: INSIDE, bytes: numbered(1) }]);
    net.send({ from: INSIDE, to: A, bytes: numbered(2) });
    expect(drain()).toEqual([{ from: { address: OUTSIDE, port: 4500 }, to: A, bytes: numbered(2) }]);
  });
});
