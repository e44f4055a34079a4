import { beforeEach, describe, expect, it } from 'vitest';
import type { PolicySpec } from '../sa/data-plane.ts';
import type { Outcome } from '../sa/outcome.ts';
import { UNCHANGED } from '../sa/outcome.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import type { Command } from './commands.ts';
import { UserspaceSpd } from './userspace-spd.ts';

const HERE = selectorFromPrefix({ address: '10.1.0.0', length: 16 });
const THERE = selectorFromPrefix({ address: '10.2.0.0', length: 16 });
const BLOCK: PolicySpec = { direction: 'out', source: HERE, destination: THERE, action: 'block' };
const PROTECT: PolicySpec = { ...BLOCK, action: 'protect', template: template(7) };
const TRAP: PolicySpec = { ...BLOCK, action: 'trap', template: template(8) };

function template(reqid: number): NonNullable<PolicySpec['template']> {
  return { protocol: 'esp', mode: 'tunnel', reqid, source: '192.0.2.1', destination: '192.0.2.2' };
}

let told: string[] = [];
let refusal: Outcome = UNCHANGED;
const spd = () =>
  new UserspaceSpd({
    post: (direction, command) => void told.push(`${direction} ${text(command)}`),
    divert: ({ action }) => {
      told.push(`divert ${action}`);
      return refusal;
    },
    release: ({ action }) => void told.push(`release ${action}`),
  });

const inForce = () => told.filter((text) => /^(in|out) /.test(text));

function text(command: Command): string {
  return command.kind === 'set-policy'
    ? `${command.policy.action} ${command.policy.template?.reqid ?? ''}`.trim()
    : command.kind;
}

beforeEach(() => {
  told = [];
  refusal = UNCHANGED;
});

describe('policies in userspace', () => {
  it('the first of a slot leads packets here, the last one ends that', () => {
    const policies = spd();
    policies.add('a', BLOCK);
    policies.add('b', PROTECT);
    policies.remove('a', BLOCK);
    policies.remove('b', PROTECT);
    expect(told).toEqual([
      ...['divert block', 'out block'],
      ...['divert protect', 'out protect 7', 'release block'],
      ...['out clear-policy', 'release protect'],
    ]);
  });

  it('the protecting one is in force before the trap, and that before the blocking one', () => {
    const policies = spd();
    for (const policy of [PROTECT, TRAP, BLOCK]) policies.add('a', policy);
    policies.remove('a', PROTECT);
    policies.remove('a', TRAP);
    expect(inForce()).toEqual(['out protect 7', 'out trap 8', 'out block']);
  });

  it('among equals the latest', () => {
    const policies = spd();
    policies.add('a', PROTECT);
    policies.add('b', { ...PROTECT, template: template(9) });
    policies.add('a', PROTECT);
    policies.remove('a', PROTECT);
    expect(inForce()).toEqual(['out protect 7', 'out protect 9', 'out protect 7', 'out protect 9']);
    expect(told.filter((text) => text.startsWith('release'))).toEqual([]);
  });

  it('an owner that comes again with the same changes nothing', () => {
    const policies = spd();
    policies.add('a', PROTECT);
    policies.add('a', PROTECT);
    policies.remove('nobody', PROTECT);
    expect(told).toEqual(['divert protect', 'out protect 7']);
  });

  it('inbound ones go to the other thread and lead nothing; those for forwarding are the same ones', () => {
    const policies = spd();
    policies.add('a', { ...PROTECT, direction: 'in' });
    policies.add('a', { ...PROTECT, direction: 'fwd' });
    expect(told).toEqual(['in protect 7']);
  });

  it('where packets cannot be led here there is none', () => {
    refusal = { ok: false, failure: { operation: 'add route', code: 'EPERM' } };
    const policies = spd();
    expect(policies.add('a', PROTECT)).toEqual(refusal);
    refusal = UNCHANGED;
    policies.add('a', PROTECT);
    expect(told).toEqual(['divert protect', 'divert protect', 'out protect 7']);
  });

  it('an addition can be undone', () => {
    const policies = spd();
    policies.add('a', BLOCK);
    const outcome = policies.add('b', PROTECT);
    if (outcome.ok) outcome.undo();
    expect(inForce()).toEqual(['out block', 'out protect 7', 'out block']);
    expect(told.at(-1)).toBe('release protect');
  });

  it('new threads are told everything, and the end is the end of all', () => {
    const policies = spd();
    policies.add('a', PROTECT);
    policies.add('a', { ...PROTECT, direction: 'in' });
    told = [];
    policies.resend();
    expect(told).toEqual(['out protect 7', 'in protect 7']);
    told = [];
    policies.clear();
    expect(told).toEqual(['out clear-policy', 'release protect', 'in clear-policy']);
  });
});

describe('what only a kernel can do', () => {
  const mark = { value: 1, mask: 1 };

  it.each([
    { ...BLOCK, action: 'bypass' as const },
    { ...PROTECT, mark },
    { ...PROTECT, ifId: 7 },
    { ...TRAP, priority: 7 },
  ])('is refused: %j', (policy) => {
    expect(spd().add('a', policy)).toMatchObject({ ok: false, failure: { code: 'EOPNOTSUPP' } });
    expect(told).toEqual([]);
  });

  it('packets with a mark are not blocked with all others, and the blocks beside stand', () => {
    expect(spd().add('a', { ...BLOCK, mark })).toBe(UNCHANGED);
    expect(told).toEqual([]);
  });
});
