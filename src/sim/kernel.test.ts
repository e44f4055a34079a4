import { describe, expect, it } from 'vitest';
import type { DataPlaneEvent, DataPlaneReply, DataPlaneStep, SaSpec } from '../sa/data-plane.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { Dice } from './dice.ts';
import type { KernelBehaviour } from './kernel.ts';
import { LARVAL_LIFETIME, PROMPT_KERNEL, SimKernel } from './kernel.ts';
import { Scheduler } from './scheduler.ts';
import { transmit } from './traffic.ts';
import { LEFT, RIGHT } from './tunnels.ts';

function kernel(behaviour: KernelBehaviour = PROMPT_KERNEL) {
  const scheduler = new Scheduler();
  const events: DataPlaneEvent[] = [];
  const made = new SimKernel({
    scheduler,
    dice: new Dice(5),
    behaviour,
    onEvent: (event) => events.push(event),
    wall: () => scheduler.now,
  });
  const ask = (operation: Parameters<SimKernel['request']>[0]): DataPlaneReply => {
    let answer: DataPlaneReply | undefined;
    made.request(operation, (reply) => {
      answer = reply;
    });
    while (answer === undefined && scheduler.step());
    if (answer === undefined) throw new Error('no answer');
    return answer;
  };
  return { scheduler, events, kernel: made, ask };
}

const SA: SaSpec = {
  direction: 'out',
  protocol: 'esp',
  source: LEFT.address,
  destination: RIGHT.address,
  spi: 0x1234,
  reqid: 1,
  mode: 'tunnel',
  encryption: 'aes128',
  encryptionKey: new Uint8Array(16).fill(1),
  integrity: 'sha256',
  integrityKey: new Uint8Array(32).fill(2),
  esn: false,
  replayWindow: 0,
};
const HERE = LEFT.segments.map(selectorFromPrefix)[0];
const THERE = RIGHT.segments.map(selectorFromPrefix)[0];
if (HERE === undefined || THERE === undefined) throw new Error('the sides have segments');

function policy(direction: 'in' | 'out' | 'fwd', owner = 'net#1'): DataPlaneStep & { kind: 'add-policy' } {
  const [source, destination] = direction === 'out' ? [HERE, THERE] : [THERE, HERE];
  if (source === undefined || destination === undefined) throw new Error('unreachable');
  const outer =
    direction === 'out'
      ? { source: LEFT.address, destination: RIGHT.address }
      : { source: RIGHT.address, destination: LEFT.address };
  const template = { protocol: 'esp', mode: 'tunnel', reqid: 1, ...outer } as const;
  return { kind: 'add-policy', owner, policy: { direction, source, destination, action: 'protect', template } };
}

describe('the simulated kernel', () => {
  it('answers in order and after its delay', () => {
    const { kernel: slow, scheduler } = kernel({ delay: [100, 200], faults: [] });
    const answers: number[] = [];
    for (const n of [1, 2, 3]) slow.request({ kind: 'query', sas: [] }, () => answers.push(n));
    expect(slow.pending).toBe(3);
    while (scheduler.step());
    expect(answers).toEqual([1, 2, 3]);
    expect(scheduler.now).toBeGreaterThanOrEqual(300);
    expect(slow.pending).toBe(0);
  });

  it('a refused step takes back those before it', () => {
    const { kernel: subject, ask } = kernel();
    ask({ kind: 'apply', steps: [{ kind: 'add-sa', sa: SA }, policy('in', 'net#0')] });
    const reply = ask({
      kind: 'apply',
      steps: [
        { kind: 'add-sa', sa: { ...SA, spi: 0x4321 } },
        policy('in', 'net#2'),
        policy('out', 'net#2'),
        { kind: 'remove-sa', sa: SA },
        { kind: 'add-sa', sa: { ...SA, spi: 0x5555, integrityKey: new Uint8Array(31) } },
      ],
    });
    expect(reply).toEqual({
      kind: 'refused',
      failure: { operation: 'add ESP SA', algorithm: 'aes128-sha256', code: 'EINVAL' },
    });
    expect(subject.sas().map(({ spec }) => spec.spi)).toEqual([SA.spi]);
    expect(subject.policies().map(({ policy: { direction }, owners }) => [direction, owners])).toEqual([
      ['in', ['net#0']],
    ]);
  });

  it('faults by schedule: the first two, then none', () => {
    const fault = { on: 'add-sa', code: 'ENOMEM', probability: 1, times: 2 } as const;
    const { ask } = kernel({ delay: [0, 0], faults: [fault] });
    const kinds = [1, 2, 3].map(() => ask({ kind: 'apply', steps: [{ kind: 'add-sa', sa: SA }] }).kind);
    expect(kinds).toEqual(['refused', 'refused', 'done']);
  });

  it('a policy stays as long as one owner holds it', () => {
    const { kernel: subject, ask } = kernel();
    const [first, second] = [policy('out', 'net#1'), policy('out', 'net#2')];
    ask({ kind: 'apply', steps: [first, second] });
    ask({ kind: 'apply', steps: [{ ...first, kind: 'remove-policy' }] });
    expect(subject.policies().map(({ owners }) => owners)).toEqual([['net#2']]);
    ask({ kind: 'apply', steps: [{ ...second, kind: 'remove-policy' }] });
    expect(subject.policies()).toEqual([]);
  });

  it('a reserved SPI is held, then expires with an event; a completed one does not', () => {
    const { ask, events, scheduler } = kernel();
    const reserve = () =>
      ask({ kind: 'allocate-spi', protocol: 'esp', local: RIGHT.address, remote: LEFT.address, reqid: 1 });
    const [used, unused] = [reserve(), reserve()];
    if (used.kind !== 'spi' || unused.kind !== 'spi') throw new Error('refused');
    expect(used.spi).toBeGreaterThan(255);
    ask({ kind: 'apply', steps: [{ kind: 'add-sa', sa: { ...SA, direction: 'in', spi: used.spi } }] });
    while (scheduler.step());
    expect(scheduler.now).toBeLessThanOrEqual(LARVAL_LIFETIME + 1);
    expect(events).toEqual([
      { kind: 'expire', sa: { protocol: 'esp', destination: RIGHT.address, spi: unused.spi }, hard: true },
    ]);
  });

  it('the hard lifetime removes the SA and reports it, wherever it has moved to', () => {
    const { ask, events, kernel: subject, scheduler } = kernel();
    const moved = { source: LEFT.address, destination: '198.51.100.9' };
    ask({
      kind: 'apply',
      steps: [
        { kind: 'add-sa', sa: { ...SA, hardLifetime: 60_000 } },
        { kind: 'move-sa', sa: SA, to: moved },
      ],
    });
    expect(subject.sas().map(({ spec }) => spec.destination)).toEqual([moved.destination]);
    while (scheduler.step());
    expect(subject.sas()).toEqual([]);
    expect(events).toEqual([
      { kind: 'expire', sa: { protocol: 'esp', destination: moved.destination, spi: SA.spi }, hard: true },
    ]);
  });
});

describe('test packets', () => {
  const packet = { source: '10.1.0.5', destination: '10.2.0.5', protocol: 1, bytes: 84 };
  const pair = (inbound: Partial<SaSpec> = {}) => {
    const [left, right] = [kernel(), kernel()];
    left.ask({ kind: 'apply', steps: [{ kind: 'add-sa', sa: SA }, policy('out')] });
    right.ask({ kind: 'apply', steps: [{ kind: 'add-sa', sa: { ...SA, direction: 'in', ...inbound } }] });
    const mirrored = policy('out').policy;
    right.ask({
      kind: 'apply',
      steps: [{ kind: 'add-policy', owner: 'net#1', policy: { ...mirrored, direction: 'fwd' } }],
    });
    const fate = transmit(left.kernel, packet, (from, to) => ({ from, to, kernel: right.kernel }));
    return { left, right, fate };
  };

  it('cross where both sides have the same SA, and are counted on both', () => {
    const { left, right, fate } = pair();
    expect(fate).toBe('delivered');
    for (const { ask } of [left, right])
      expect(ask({ kind: 'query', sas: [SA] })).toMatchObject({ counters: [{ bytes: 84, packets: 1 }] });
  });

  it.each([
    ['wrong-keys', { integrityKey: new Uint8Array(32).fill(3) }],
    ['wrong-keys', { integrity: 'sha1', integrityKey: new Uint8Array(20).fill(2) }],
    ['no-inbound-sa', { spi: 0x9999 }],
    ['wrong-encapsulation', { encap: { sourcePort: 4500, destinationPort: 4500 } }],
    ['no-inbound-policy', { reqid: 2 }],
  ] as const)('%s where the inbound SA differs', (expected, change) => {
    expect(pair(change).fate).toBe(expected);
  });

  it('without policy they leave in clear, under a block they do not, without SA the kernel asks for one', () => {
    const { kernel: subject, ask, events } = kernel();
    const send = () => transmit(subject, packet, () => undefined);
    expect(send()).toBe('clear');
    const { template: _, ...block } = policy('out').policy;
    ask({ kind: 'apply', steps: [{ kind: 'add-policy', owner: 'tunnel:net', policy: { ...block, action: 'block' } }] });
    expect(send()).toBe('blocked');
    ask({ kind: 'apply', steps: [policy('out')] });
    expect(send()).toBe('acquire');
    expect(send()).toBe('acquire');
    expect(events).toMatchObject([{ kind: 'acquire', reqid: 1, source: { protocol: 1, start: packet.source } }]);
    ask({ kind: 'apply', steps: [{ kind: 'add-sa', sa: SA }] });
    expect(send()).toBe('unroutable');
  });
});
