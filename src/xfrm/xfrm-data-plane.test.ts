import { beforeEach, describe, expect, it } from 'vitest';
import type { DataPlaneStep } from '../sa/data-plane.ts';
import { EPERM, ESRCH } from './testing/fake-kernel.ts';
import { PlaneFixture } from './testing/plane-fixture.ts';
import {
  addPolicy,
  addRoute,
  addSa,
  blockPolicy,
  INBOUND,
  OUTBOUND,
  outPolicy,
  removePolicy,
  route,
  segment,
  template,
} from './testing/specs.ts';

const ENOSYS = 38;

let bed: PlaneFixture;

beforeEach(() => {
  bed = new PlaneFixture();
});

describe('applying steps', () => {
  it('installs SAs, policies and routes', () => {
    expect(bed.apply(addSa(INBOUND), addSa(OUTBOUND), addPolicy('a', outPolicy()), addRoute('a'))).toBe('done');
    expect(bed.kernel.log).toEqual(['NEWSA', 'NEWSA', 'NEWPOLICY', 'NEWROUTE']);
  });

  it.each([
    ['NEWSA', 1, { operation: 'add ESP SA', algorithm: 'aes128-sha1', code: 'ENOSYS' }],
    ['NEWPOLICY', 0, { operation: 'add policy out', code: 'ENOSYS' }],
    ['NEWPOLICY', 1, { operation: 'add block policy out', code: 'ENOSYS' }],
    ['NEWROUTE', 0, { operation: 'add route 10.1.2.0/24', code: 'ENOSYS' }],
    ['GETROUTE', 0, { operation: 'add route 10.1.2.0/24', code: 'ENOSYS' }],
  ])('%s number %i refused: all is undone and the reply names it', (name, nth, failure) => {
    const other = { ...blockPolicy(), destination: segment('10.1.3.0/24') };
    bed.refuseNth(name, nth, ENOSYS);
    const steps = [addSa(INBOUND), addSa(OUTBOUND), addPolicy('a', outPolicy()), addPolicy('a', other), addRoute('a')];
    expect(bed.apply(...steps)).toEqual(failure);
    bed.expectEmpty();
    // Nothing is left behind in our books either: the same steps succeed afterwards, and close takes all away.
    bed.kernel.refuse = () => undefined;
    expect(bed.apply(...steps)).toBe('done');
    bed.plane.close();
    bed.expectEmpty();
  });

  it('a range of addresses becomes several policies, all or none', () => {
    const policy = outPolicy({ source: { ...segment('10.0.0.0/24'), start: '10.0.0.1' } });
    bed.refuseNth('NEWPOLICY', 5, EPERM);
    expect(bed.apply(addPolicy('a', policy))).toMatchObject({ code: 'EPERM' });
    bed.expectEmpty();
    bed.kernel.refuse = () => undefined;
    expect(bed.apply(addPolicy('a', policy))).toBe('done');
    expect(bed.kernel.policies.size).toBe(8);
    expect(bed.apply(removePolicy('a', policy))).toBe('done');
    bed.expectEmpty();
  });

  it('a selector that no kernel policy can express is refused before the kernel is asked', () => {
    const opaque = { ...segment('10.0.0.0/24'), protocol: 6, startPort: 65_535, endPort: 0 };
    expect(bed.apply(addPolicy('a', outPolicy({ source: opaque })))).toEqual({
      operation: 'add policy out',
      code: 'EOPNOTSUPP',
    });
    expect(bed.kernel.log).toEqual([]);
  });

  it('removals wait for the additions behind them, and SAs are removed last', () => {
    bed.apply(addSa(INBOUND), addPolicy('old', outPolicy()));
    bed.kernel.log.length = 0;
    const steps: DataPlaneStep[] = [
      { kind: 'remove-sa', sa: INBOUND },
      removePolicy('old', outPolicy()),
      addSa(OUTBOUND),
    ];
    expect(bed.apply(...steps)).toBe('done');
    expect(bed.kernel.log).toEqual(['NEWSA', 'DELPOLICY', 'DELSA']);
  });

  it('a removal with a refused addition behind it does not happen', () => {
    bed.apply(addSa(INBOUND), addPolicy('a', outPolicy()), addRoute('a'));
    bed.refuseNth('NEWSA', 0, ENOSYS);
    const steps: DataPlaneStep[] = [
      { kind: 'remove-sa', sa: INBOUND },
      removePolicy('a', outPolicy()),
      addSa(OUTBOUND),
    ];
    expect(bed.apply(...steps)).toMatchObject({ code: 'ENOSYS' });
    expect([bed.kernel.sas.size, bed.kernel.policies.size, bed.kernel.routes.size]).toEqual([1, 1, 1]);
  });

  it('a refused removal brings back what was removed before it', () => {
    bed.apply(addPolicy('a', outPolicy()), addRoute('a'));
    bed.kernel.refuse = (name) => (name === 'DELROUTE' ? EPERM : undefined);
    const steps: DataPlaneStep[] = [
      removePolicy('a', outPolicy()),
      { kind: 'remove-route', owner: 'a', route: route() },
    ];
    expect(bed.apply(...steps)).toEqual({ operation: 'remove route 10.1.2.0/24', code: 'EPERM' });
    expect([bed.kernel.policies.size, bed.kernel.routes.size]).toEqual([1, 1]);
  });

  it('removing what is not there, or is not ours, counts as done', () => {
    bed.apply(addSa(INBOUND), addPolicy('a', outPolicy()), addRoute('a'));
    const [foreign] = [...bed.kernel.sas.entries()];
    bed.kernel.sas.clear();
    bed.kernel.policies.clear();
    bed.kernel.routes.clear();
    const gone: DataPlaneStep[] = [
      { kind: 'remove-sa', sa: INBOUND },
      removePolicy('a', outPolicy()),
      { kind: 'remove-route', owner: 'a', route: route() },
    ];
    expect(bed.apply(...gone)).toBe('done');
    if (foreign !== undefined) bed.kernel.sas.set(...foreign);
    expect(bed.apply(...gone)).toBe('done');
    expect(bed.kernel.sas.size).toBe(1);
  });

  it('an SA that is replaced under its own key makes room first', () => {
    bed.apply(addSa(INBOUND));
    expect(bed.apply({ kind: 'remove-sa', sa: INBOUND }, addSa({ ...INBOUND, reqid: 8 }))).toBe('done');
    expect(bed.sas().map(({ reqid }) => reqid)).toEqual([8]);
  });
});

describe('what belongs to other programs stays theirs', () => {
  it('a policy of the same selector: refused, and neither changed nor removed', () => {
    bed.install(addPolicy('strongswan', outPolicy({ template: template(99, '198.51.100.1') })));
    expect(bed.apply(addPolicy('a', outPolicy()))).toEqual({ operation: 'add policy out', code: 'EEXIST' });
    bed.plane.close();
    expect(bed.reqids()).toEqual([99]);
  });

  it('a route to the same destination: kept, and not withdrawn', () => {
    bed.kernel.routes.set('10.1.2.0/24', 4);
    expect(bed.apply(addRoute('a'))).toBe('done');
    expect(bed.apply({ kind: 'remove-route', owner: 'a', route: route() })).toBe('done');
    expect(bed.kernel.routes.get('10.1.2.0/24')).toBe(4);
  });

  it('an SA that we did not install is neither queried nor removed nor moved', () => {
    bed.install(addSa(INBOUND));
    expect(bed.plane.perform({ kind: 'query', sas: [INBOUND] })).toEqual({ kind: 'counters', counters: [] });
    const to = { source: '192.0.2.11', destination: '192.0.2.2' };
    expect(bed.apply({ kind: 'move-sa', sa: INBOUND, to })).toEqual({ operation: 'move ESP SA', code: 'ESRCH' });
    bed.apply({ kind: 'remove-sa', sa: INBOUND });
    bed.plane.close();
    expect(bed.kernel.sas.size).toBe(1);
  });

  it('what a killed run of ours has left is taken over', () => {
    bed.install(addPolicy('before', outPolicy({ template: template(3) })), addRoute('before'));
    expect(bed.apply(addPolicy('a', outPolicy()), addRoute('a'))).toBe('done');
    expect(bed.reqids()).toEqual([7]);
    bed.plane.close();
    bed.expectEmpty();
  });
});

describe('the policy of a killed run, in the place of a standing block', () => {
  const left = (reqid: number) => addPolicy('before', outPolicy({ template: template(reqid) }));

  it('is taken over by its reqid, so that the block comes back when the tunnel goes down', () => {
    bed.install(left(0x4300_0007));
    expect(bed.apply(addPolicy('tunnel', blockPolicy()))).toBe('done');
    bed.apply(addPolicy('a', outPolicy()));
    bed.apply(removePolicy('a', outPolicy()));
    expect(bed.policies()).toMatchObject([{ blocks: true }]);
  });

  it('is left alone where its reqid is none of ours', () => {
    bed.install(left(3));
    expect(bed.apply(addPolicy('tunnel', blockPolicy()))).toMatchObject({ code: 'EEXIST' });
    expect(bed.reqids()).toEqual([3]);
  });
});

describe('close', () => {
  it('takes all that is ours away, routes first and SAs last, and closes each socket once', () => {
    bed.apply(addSa(INBOUND), addSa(OUTBOUND), addPolicy('a', outPolicy()), addRoute('a'));
    bed.kernel.log.length = 0;
    bed.plane.close();
    bed.plane.close();
    expect(bed.kernel.log).toEqual(['DELROUTE', 'DELPOLICY', 'DELSA', 'DELSA']);
    bed.expectEmpty();
    expect(bed.kernel.closed).toBe(3);
  });

  it('goes on where the kernel refuses', () => {
    bed.apply(addSa(INBOUND), addSa(OUTBOUND), addPolicy('a', outPolicy()));
    bed.refuseNth('DELSA', 0, ESRCH);
    bed.plane.close();
    expect(bed.kernel.sas.size).toBe(1);
    expect(bed.kernel.closed).toBe(3);
  });
});
