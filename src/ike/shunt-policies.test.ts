import { describe, expect, it } from 'vitest';
import type { DataPlaneStep } from '../sa/data-plane.ts';
import { parseSelector, type TrafficSelector } from '../sa/traffic-selector.ts';
import { PlaneFixture } from '../xfrm/testing/plane-fixture.ts';
import type { ShuntPolicy } from './common/policy.ts';
import { changeShunts } from './shunt-policies.ts';

const lan = shunt('lan', 'bypass', ['10.0.0.0/16'], ['10.0.0.0/8']);
const quarantine = shunt('quarantine', 'block', ['10.0.9.0/24'], ['0.0.0.0/0[tcp/25]']);

describe('shunts', () => {
  it('have policies in all directions, of a priority by their prefixes', () => {
    const bed = new PlaneFixture();
    change(bed, [], [lan]);
    expect(bed.policies()).toMatchObject([
      { direction: 'out', blocks: false, selector: { source: { length: 16 }, destination: { length: 8 } } },
      { direction: 'in', blocks: false, selector: { source: { length: 8 }, destination: { length: 16 } } },
      { direction: 'fwd', blocks: false, selector: { source: { length: 8 }, destination: { length: 16 } } },
    ]);
    expect(bed.policies().every(({ template }) => template === undefined)).toBe(true);
  });

  it('block, mark and pass on what is forwarded where they are told so', () => {
    const bed = new PlaneFixture();
    const mark = { value: 4, mask: 0xf };
    change(bed, [], [{ ...quarantine, attributes: { mark: { in: mark, out: mark }, forwardOut: true, priority: 9 } }]);
    expect(bed.policies().map(({ direction }) => direction)).toEqual(['out', 'in', 'fwd', 'fwd']);
    for (const policy of bed.policies()) expect(policy).toMatchObject({ blocks: true, mark, priority: 9 });
  });

  it('stay untouched where they are the same, and go where they are no more', () => {
    const bed = new PlaneFixture();
    change(bed, [], [lan, quarantine]);
    bed.kernel.log.length = 0;
    change(bed, [lan, quarantine], [quarantine]);
    expect(bed.kernel.log).toEqual(['DELPOLICY', 'DELPOLICY', 'DELPOLICY']);
    change(bed, [quarantine], []);
    bed.expectEmpty();
  });

  it('change in place: to the other action without a gap, to another priority, to other segments', () => {
    const bed = new PlaneFixture();
    change(bed, [], [lan]);
    bed.kernel.log.length = 0;
    const blocking: ShuntPolicy = { ...lan, action: 'block' };
    change(bed, [lan], [blocking]);
    expect(bed.policies().map(({ blocks }) => blocks)).toEqual([true, true, true]);
    expect(bed.kernel.log).not.toContain('DELPOLICY');
    const first: ShuntPolicy = { ...blocking, attributes: { priority: 1 } };
    change(bed, [blocking], [first]);
    expect(bed.policies().map(({ priority }) => priority)).toEqual([1, 1, 1]);
    const wider: ShuntPolicy = { ...first, remoteSelectors: [segment('172.16.0.0/12')] };
    change(bed, [first], [wider]);
    expect(bed.policies()).toHaveLength(3);
    change(bed, [wider], []);
    bed.expectEmpty();
  });

  it('take the place of a tunnel of the same selectors where they are first, and give it back', () => {
    const bed = new PlaneFixture();
    const tunnel = { ...lan, name: 'tunnel', action: 'block' } as const;
    const first = { ...lan, precedence: 'first' } as const;
    change(bed, [], [tunnel]);
    const [{ priority } = { priority: 0 }] = bed.policies();
    change(bed, [], [first]);
    for (const policy of bed.policies()) expect(policy.blocks).toBe(false);
    for (const policy of bed.policies()) expect(policy.priority).toBeLessThan(priority);
    change(bed, [first], [{ ...first, precedence: 'last' }]);
    for (const policy of bed.policies()) expect(policy).toMatchObject({ blocks: true, priority });
    change(bed, [{ ...first, precedence: 'last' }, tunnel], []);
    bed.expectEmpty();
  });

  it('one that is refused leaves the others alone', () => {
    const bed = new PlaneFixture();
    bed.refuseNth('NEWPOLICY', 1, 12);
    const replies = change(bed, [], [lan, quarantine]);
    expect(replies.map((reply) => (reply === 'done' ? reply : reply.code))).toEqual(['ENOMEM', 'done']);
    expect(bed.policies()).toHaveLength(3);
  });
});

function change(bed: PlaneFixture, before: readonly ShuntPolicy[], after: readonly ShuntPolicy[]) {
  const requests: (readonly DataPlaneStep[])[] = [];
  const requestCleanUp = (request: { readonly kind: string; readonly steps?: readonly DataPlaneStep[] }) =>
    requests.push(request.steps ?? []);
  changeShunts({ requestCleanUp }, before, after);
  return requests.map((steps) => bed.apply(...steps));
}

function shunt(name: string, action: ShuntPolicy['action'], local: string[], remote: string[]): ShuntPolicy {
  return { name, action, localSelectors: local.map(segment), remoteSelectors: remote.map(segment) };
}

function segment(text: string): TrafficSelector {
  const selector = parseSelector(text);
  if (selector === undefined) throw new RangeError(text);
  return selector;
}
