import { beforeEach, describe, expect, it } from 'vitest';
import { EPERM } from './testing/fake-kernel.ts';
import { PlaneFixture } from './testing/plane-fixture.ts';
import { addPolicy, blockPolicy, outPolicy, removePolicy, template } from './testing/specs.ts';

let bed: PlaneFixture;

beforeEach(() => {
  bed = new PlaneFixture();
});

describe('policies of one selector share a place in the kernel', () => {
  it('protect takes it from block in one step, and block comes back in one step', () => {
    bed.apply(addPolicy('tunnel', blockPolicy()));
    bed.apply(addPolicy('child', outPolicy()));
    expect(bed.policies()).toMatchObject([{ blocks: false }]);
    bed.apply(removePolicy('child', outPolicy()));
    expect(bed.policies()).toMatchObject([{ blocks: true }]);
    expect(bed.kernel.log).toEqual(['NEWPOLICY', 'UPDPOLICY', 'UPDPOLICY']);
  });

  it('one with another mark or of another interface has a place of its own', () => {
    const apart = [
      {},
      { mark: { value: 1, mask: 0xff } },
      { mark: { value: 2, mask: 0xff } },
      { ifId: 1 },
      { ifId: 2 },
    ];
    const all = apart.map((changes, index) => outPolicy({ ...changes, template: template(index + 1) }));
    expect(bed.apply(...all.map((policy) => addPolicy('child', policy)))).toBe('done');
    expect(bed.policies().map(({ mark, ifId }) => ({ ...(mark && { mark }), ...(ifId && { ifId }) }))).toEqual(apart);
    expect(bed.reqids()).toEqual([1, 2, 3, 4, 5]);
    const [, second] = all;
    if (second !== undefined) expect(bed.apply(removePolicy('child', second))).toBe('done');
    expect(bed.reqids()).toEqual([1, 3, 4, 5]);
    bed.kernel.policies.clear();
    expect(bed.plane.audit().repairedPolicies).toBe(4);
    bed.apply(...all.map((policy) => removePolicy('child', policy)));
    bed.expectEmpty();
  });

  it('another priority replaces the policy', () => {
    bed.apply(addPolicy('old', outPolicy()));
    bed.apply(addPolicy('new', outPolicy({ priority: 5 })));
    expect(bed.policies()).toMatchObject([{ priority: 5 }]);
    bed.apply(removePolicy('new', outPolicy({ priority: 5 })));
    expect(bed.policies()).toMatchObject([{ priority: expect.toSatisfy((value: number) => value >= 100_000) }]);
  });

  it('a block that comes after protect waits', () => {
    bed.apply(addPolicy('child', outPolicy()), addPolicy('tunnel', blockPolicy()));
    expect(bed.policies()).toMatchObject([{ blocks: false }]);
  });

  it('a trap stands between protect and block, whichever comes first, and is renewed in one step', () => {
    const trap = (reqid: number) => addPolicy('trap', outPolicy({ action: 'trap', template: template(reqid) }));
    bed.apply(addPolicy('tunnel', blockPolicy()));
    bed.apply(trap(8));
    expect(bed.reqids()).toEqual([8]);
    bed.apply(addPolicy('child', outPolicy()));
    bed.apply(trap(9));
    expect(bed.reqids()).toEqual([7]);
    bed.apply(removePolicy('child', outPolicy()));
    expect(bed.reqids()).toEqual([9]);
    bed.apply(trap(10));
    expect(bed.reqids()).toEqual([10]);
    bed.apply(removePolicy('trap', outPolicy({ action: 'trap' })));
    expect(bed.policies()).toMatchObject([{ blocks: true }]);
    expect(bed.kernel.log).toEqual(['NEWPOLICY', ...Array(5).fill('UPDPOLICY')]);
  });

  it('protect that goes while block comes in the same request leaves no gap', () => {
    bed.apply(addPolicy('child', outPolicy()));
    bed.kernel.log.length = 0;
    bed.apply(removePolicy('child', outPolicy()), addPolicy('tunnel', blockPolicy()));
    expect(bed.kernel.log).toEqual(['UPDPOLICY']);
  });

  it('stay as long as one owner holds them', () => {
    bed.apply(addPolicy('old', outPolicy()), addPolicy('new', outPolicy()), addPolicy('new', outPolicy()));
    expect(bed.apply(removePolicy('old', outPolicy()))).toBe('done');
    expect(bed.kernel.policies.size).toBe(1);
    expect(bed.apply(removePolicy('old', outPolicy()), removePolicy('new', outPolicy()))).toBe('done');
    bed.expectEmpty();
    expect(bed.kernel.log).toEqual(['NEWPOLICY', 'DELPOLICY']);
  });

  it('an owner that comes with another template replaces its own; the latest of several owners counts', () => {
    bed.apply(addPolicy('a', outPolicy()), addPolicy('b', outPolicy({ template: template(8) })));
    expect(bed.reqids()).toEqual([8]);
    bed.apply(addPolicy('a', outPolicy({ template: template(9, '192.0.2.11') })));
    expect(bed.policies()[0]?.template).toEqual(template(9, '192.0.2.11'));
    bed.apply(removePolicy('a', outPolicy({ template: template(9, '192.0.2.11') })));
    expect(bed.reqids()).toEqual([8]);
    bed.apply(removePolicy('b', outPolicy()));
    bed.expectEmpty();
  });

  it('a refused exchange leaves the old one in place', () => {
    bed.apply(addPolicy('tunnel', blockPolicy()));
    bed.refuseNth('UPDPOLICY', 0, EPERM);
    expect(bed.apply(addPolicy('child', outPolicy()))).toMatchObject({ code: 'EPERM' });
    expect(bed.policies()).toMatchObject([{ blocks: true }]);
    bed.kernel.refuse = () => undefined;
    expect(bed.apply(removePolicy('tunnel', blockPolicy()))).toBe('done');
    bed.expectEmpty();
  });

  it('removed and added again by one owner in one request, it stays', () => {
    bed.apply(addPolicy('a', outPolicy()));
    expect(bed.apply(removePolicy('a', outPolicy()), addPolicy('a', outPolicy({ template: template(8) })))).toBe(
      'done',
    );
    expect(bed.reqids()).toEqual([8]);
  });
});
