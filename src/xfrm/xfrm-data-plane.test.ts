import { beforeEach, describe, expect, it } from 'vitest';
import type { DataPlaneFailure, DataPlaneStep } from '../sa/data-plane.ts';
import { parsePolicy } from './policy-messages.ts';
import { parseSa } from './sa-snapshot.ts';
import { EPERM, ESRCH, FakeKernel } from './testing/fake-kernel.ts';
import {
  addPolicy,
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
import { XfrmDataPlane } from './xfrm-data-plane.ts';

const ENOSYS = 38;

let kernel: FakeKernel;
let plane: XfrmDataPlane;

beforeEach(() => {
  kernel = new FakeKernel();
  plane = new XfrmDataPlane({ xfrm: kernel.port(), route: kernel.port('RTM'), events: kernel.port(), now: () => 0 });
});

describe('applying steps', () => {
  it('installs SAs, policies and routes', () => {
    expect(apply(addSa(INBOUND), addSa(OUTBOUND), addPolicy('a', outPolicy()), addRoute('a'))).toBe('done');
    expect(kernel.log).toEqual(['NEWSA', 'NEWSA', 'NEWPOLICY', 'NEWROUTE']);
  });

  it.each([
    ['NEWSA', 1, { operation: 'add ESP SA', algorithm: 'aes128-sha1', code: 'ENOSYS' }],
    ['NEWPOLICY', 0, { operation: 'add policy out', code: 'ENOSYS' }],
    ['NEWPOLICY', 1, { operation: 'add block policy out', code: 'ENOSYS' }],
    ['NEWROUTE', 0, { operation: 'add route 10.1.2.0/24', code: 'ENOSYS' }],
    ['GETROUTE', 0, { operation: 'add route 10.1.2.0/24', code: 'ENOSYS' }],
  ])('%s number %i refused: all is undone and the reply names it', (name, nth, failure) => {
    const other = { ...blockPolicy(), destination: segment('10.1.3.0/24') };
    refuseNth(name, nth, ENOSYS);
    const steps = [addSa(INBOUND), addSa(OUTBOUND), addPolicy('a', outPolicy()), addPolicy('a', other), addRoute('a')];
    expect(apply(...steps)).toEqual(failure);
    expectEmpty();
    // Nothing is left behind in our books either: the same steps succeed afterwards, and close takes all away.
    kernel.refuse = () => undefined;
    expect(apply(...steps)).toBe('done');
    plane.close();
    expectEmpty();
  });

  it('a range of addresses becomes several policies, all or none', () => {
    const policy = outPolicy({ source: { ...segment('10.0.0.0/24'), start: '10.0.0.1' } });
    refuseNth('NEWPOLICY', 5, EPERM);
    expect(apply(addPolicy('a', policy))).toMatchObject({ code: 'EPERM' });
    expectEmpty();
    kernel.refuse = () => undefined;
    expect(apply(addPolicy('a', policy))).toBe('done');
    expect(kernel.policies.size).toBe(8);
    expect(apply(removePolicy('a', policy))).toBe('done');
    expectEmpty();
  });

  it('a selector that no kernel policy can express is refused before the kernel is asked', () => {
    const opaque = { ...segment('10.0.0.0/24'), protocol: 6, startPort: 65_535, endPort: 0 };
    expect(apply(addPolicy('a', outPolicy({ source: opaque })))).toEqual({
      operation: 'add policy out',
      code: 'EOPNOTSUPP',
    });
    expect(kernel.log).toEqual([]);
  });

  it('removals wait for the additions behind them, and SAs are removed last', () => {
    apply(addSa(INBOUND), addPolicy('old', outPolicy()));
    kernel.log.length = 0;
    const steps: DataPlaneStep[] = [
      { kind: 'remove-sa', sa: INBOUND },
      removePolicy('old', outPolicy()),
      addSa(OUTBOUND),
    ];
    expect(apply(...steps)).toBe('done');
    expect(kernel.log).toEqual(['NEWSA', 'DELPOLICY', 'DELSA']);
  });

  it('a removal with a refused addition behind it does not happen', () => {
    apply(addSa(INBOUND), addPolicy('a', outPolicy()), addRoute('a'));
    refuseNth('NEWSA', 0, ENOSYS);
    const steps: DataPlaneStep[] = [
      { kind: 'remove-sa', sa: INBOUND },
      removePolicy('a', outPolicy()),
      addSa(OUTBOUND),
    ];
    expect(apply(...steps)).toMatchObject({ code: 'ENOSYS' });
    expect([kernel.sas.size, kernel.policies.size, kernel.routes.size]).toEqual([1, 1, 1]);
  });

  it('a refused removal brings back what was removed before it', () => {
    apply(addPolicy('a', outPolicy()), addRoute('a'));
    kernel.refuse = (name) => (name === 'DELROUTE' ? EPERM : undefined);
    const steps: DataPlaneStep[] = [
      removePolicy('a', outPolicy()),
      { kind: 'remove-route', owner: 'a', route: route() },
    ];
    expect(apply(...steps)).toEqual({ operation: 'remove route 10.1.2.0/24', code: 'EPERM' });
    expect([kernel.policies.size, kernel.routes.size]).toEqual([1, 1]);
  });

  it('removing what is not there, or is not ours, counts as done', () => {
    apply(addSa(INBOUND), addPolicy('a', outPolicy()), addRoute('a'));
    const [foreign] = [...kernel.sas.entries()];
    kernel.sas.clear();
    kernel.policies.clear();
    kernel.routes.clear();
    const gone: DataPlaneStep[] = [
      { kind: 'remove-sa', sa: INBOUND },
      removePolicy('a', outPolicy()),
      { kind: 'remove-route', owner: 'a', route: route() },
    ];
    expect(apply(...gone)).toBe('done');
    if (foreign !== undefined) kernel.sas.set(...foreign);
    expect(apply(...gone)).toBe('done');
    expect(kernel.sas.size).toBe(1);
  });

  it('an SA that is replaced under its own key makes room first', () => {
    apply(addSa(INBOUND));
    expect(apply({ kind: 'remove-sa', sa: INBOUND }, addSa({ ...INBOUND, reqid: 8 }))).toBe('done');
    expect(installedSas().map(({ reqid }) => reqid)).toEqual([8]);
  });
});

describe('reserved SPIs', () => {
  const request = { kind: 'allocate-spi', protocol: 'esp', local: '192.0.2.2', remote: '192.0.2.1', reqid: 7 } as const;

  it('become the SA by an update of the larval one', () => {
    const spi = allocate();
    expect(apply(addSa({ ...INBOUND, spi }))).toBe('done');
    expect(kernel.log).toEqual(['ALLOCSPI', 'UPDSA']);
  });

  it('are added anew where the larval SA has expired meanwhile', () => {
    const spi = allocate();
    kernel.sas.clear();
    expect(apply(addSa({ ...INBOUND, spi }))).toBe('done');
    expect(kernel.log).toEqual(['ALLOCSPI', 'UPDSA', 'NEWSA']);
  });

  it('are given back by remove-sa and by close', () => {
    const spi = allocate();
    expect(apply({ kind: 'remove-sa', sa: { ...INBOUND, spi } })).toBe('done');
    expectEmpty();
    allocate();
    plane.close();
    expectEmpty();
  });

  it('a refusal is named', () => {
    refuseNth('ALLOCSPI', 0, ENOSYS);
    const failure = { operation: 'reserve ESP SPI', code: 'ENOSYS' };
    expect(plane.perform(request)).toEqual({ kind: 'refused', failure });
  });

  function allocate(): number {
    const reply = plane.perform(request);
    if (reply.kind !== 'spi') throw new Error(reply.kind);
    return reply.spi;
  }
});

describe('policies of one selector share a place in the kernel', () => {
  it('protect takes it from block in one step, and block comes back in one step', () => {
    apply(addPolicy('tunnel', blockPolicy()));
    apply(addPolicy('child', outPolicy()));
    expect(installedPolicies()).toMatchObject([{ blocks: false }]);
    apply(removePolicy('child', outPolicy()));
    expect(installedPolicies()).toMatchObject([{ blocks: true }]);
    expect(kernel.log).toEqual(['NEWPOLICY', 'UPDPOLICY', 'UPDPOLICY']);
  });

  it('a block that comes after protect waits', () => {
    apply(addPolicy('child', outPolicy()), addPolicy('tunnel', blockPolicy()));
    expect(installedPolicies()).toMatchObject([{ blocks: false }]);
  });

  it('protect that goes while block comes in the same request leaves no gap', () => {
    apply(addPolicy('child', outPolicy()));
    kernel.log.length = 0;
    apply(removePolicy('child', outPolicy()), addPolicy('tunnel', blockPolicy()));
    expect(kernel.log).toEqual(['UPDPOLICY']);
  });

  it('stay as long as one owner holds them', () => {
    apply(addPolicy('old', outPolicy()), addPolicy('new', outPolicy()), addPolicy('new', outPolicy()));
    expect(apply(removePolicy('old', outPolicy()))).toBe('done');
    expect(kernel.policies.size).toBe(1);
    expect(apply(removePolicy('old', outPolicy()), removePolicy('new', outPolicy()))).toBe('done');
    expectEmpty();
    expect(kernel.log).toEqual(['NEWPOLICY', 'DELPOLICY']);
  });

  it('an owner that comes with another template replaces its own; the latest of several owners counts', () => {
    apply(addPolicy('a', outPolicy()), addPolicy('b', outPolicy({ template: template(8) })));
    expect(reqids()).toEqual([8]);
    apply(addPolicy('a', outPolicy({ template: template(9, '192.0.2.11') })));
    expect(installedPolicies()[0]?.template).toEqual(template(9, '192.0.2.11'));
    apply(removePolicy('a', outPolicy({ template: template(9, '192.0.2.11') })));
    expect(reqids()).toEqual([8]);
    apply(removePolicy('b', outPolicy()));
    expectEmpty();
  });

  it('a refused exchange leaves the old one in place', () => {
    apply(addPolicy('tunnel', blockPolicy()));
    refuseNth('UPDPOLICY', 0, EPERM);
    expect(apply(addPolicy('child', outPolicy()))).toMatchObject({ code: 'EPERM' });
    expect(installedPolicies()).toMatchObject([{ blocks: true }]);
    kernel.refuse = () => undefined;
    expect(apply(removePolicy('tunnel', blockPolicy()))).toBe('done');
    expectEmpty();
  });

  it('removed and added again by one owner in one request, it stays', () => {
    apply(addPolicy('a', outPolicy()));
    expect(apply(removePolicy('a', outPolicy()), addPolicy('a', outPolicy({ template: template(8) })))).toBe('done');
    expect(reqids()).toEqual([8]);
  });
});

describe('what belongs to other programs stays theirs', () => {
  it('a policy of the same selector: refused, and neither changed nor removed', () => {
    install(addPolicy('strongswan', outPolicy({ template: template(99, '198.51.100.1') })));
    expect(apply(addPolicy('a', outPolicy()))).toEqual({ operation: 'add policy out', code: 'EEXIST' });
    plane.close();
    expect(reqids()).toEqual([99]);
  });

  it('a route to the same destination: kept, and not withdrawn', () => {
    kernel.routes.set('10.1.2.0/24', 4);
    expect(apply(addRoute('a'))).toBe('done');
    expect(apply({ kind: 'remove-route', owner: 'a', route: route() })).toBe('done');
    expect(kernel.routes.get('10.1.2.0/24')).toBe(4);
  });

  it('an SA that we did not install is neither queried nor removed nor moved', () => {
    install(addSa(INBOUND));
    expect(plane.perform({ kind: 'query', sas: [INBOUND] })).toEqual({ kind: 'counters', counters: [] });
    const to = { source: '192.0.2.11', destination: '192.0.2.2' };
    expect(apply({ kind: 'move-sa', sa: INBOUND, to })).toEqual({ operation: 'move ESP SA', code: 'ESRCH' });
    apply({ kind: 'remove-sa', sa: INBOUND });
    plane.close();
    expect(kernel.sas.size).toBe(1);
  });

  it('what a killed run of ours has left is taken over', () => {
    install(addPolicy('before', outPolicy({ template: template(3) })), addRoute('before'));
    expect(apply(addPolicy('a', outPolicy()), addRoute('a'))).toBe('done');
    expect(reqids()).toEqual([7]);
    plane.close();
    expectEmpty();
  });
});

describe('routes', () => {
  it('one destination by two owners is one route, with the way of the eldest until that goes', () => {
    apply(addRoute('a'), { kind: 'add-route', owner: 'b', route: route('10.1.2.0/24', '198.51.100.1') });
    expect(kernel.log).toEqual(['NEWROUTE']);
    apply({ kind: 'remove-route', owner: 'a', route: route() });
    expect(kernel.log).toEqual(['NEWROUTE', 'DELROUTE', 'NEWROUTE']);
    apply({ kind: 'remove-route', owner: 'b', route: route('10.1.2.0/24', '198.51.100.1') });
    expectEmpty();
  });

  it('an owner whose peer has moved replaces its route, in whichever order it says so', () => {
    const moved = route('10.1.2.0/24', '198.51.100.1');
    apply(addRoute('a'));
    expect(
      apply({ kind: 'add-route', owner: 'a', route: moved }, { kind: 'remove-route', owner: 'a', route: route() }),
    ).toBe('done');
    expect(kernel.routes.size).toBe(1);
    expect(apply({ kind: 'remove-route', owner: 'a', route: moved }, addRoute('a'))).toBe('done');
    expect(kernel.routes.size).toBe(1);
    apply({ kind: 'remove-route', owner: 'a', route: route() });
    expectEmpty();
  });

  it('the new way refused, the old one stays', () => {
    apply(addRoute('a'));
    refuseNth('NEWROUTE', 0, EPERM);
    const step: DataPlaneStep = { kind: 'add-route', owner: 'a', route: route('10.1.2.0/24', '198.51.100.1') };
    expect(apply(step)).toMatchObject({ code: 'EPERM' });
    expect(kernel.routes.size).toBe(1);
  });
});

describe('moving an SA', () => {
  const elsewhere = '192.0.2.11';

  it('a new source under the same key: deleted and made again', () => {
    apply(addSa(INBOUND));
    expect(apply({ kind: 'move-sa', sa: INBOUND, to: { source: elsewhere, destination: INBOUND.destination } })).toBe(
      'done',
    );
    expect(kernel.log).toEqual(['NEWSA', 'DELSA', 'NEWSA']);
    expect(installedSas()).toMatchObject([{ source: elsewhere, key: { spi: INBOUND.spi } }]);
  });

  it('a new destination: the new SA is there before the old one goes', () => {
    apply(addSa(OUTBOUND));
    const to = { source: OUTBOUND.source, destination: elsewhere };
    expect(apply({ kind: 'move-sa', sa: OUTBOUND, to }, addPolicy('a', outPolicy()))).toBe('done');
    expect(kernel.log).toEqual(['NEWSA', 'NEWSA', 'NEWPOLICY', 'DELSA']);
    expect(installedSas().map(({ key }) => key.destination)).toEqual([elsewhere]);
    plane.close();
    expectEmpty();
  });

  it('new UDP ports: an update in place', () => {
    const encap = { sourcePort: 4500, destinationPort: 4500 };
    apply(addSa({ ...INBOUND, encap }));
    const to = { source: INBOUND.source, destination: INBOUND.destination, encap: { ...encap, sourcePort: 62_000 } };
    expect(apply({ kind: 'move-sa', sa: INBOUND, to })).toBe('done');
    expect(kernel.log).toEqual(['NEWSA', 'UPDSA']);
  });

  it.each([
    [INBOUND, { source: elsewhere, destination: INBOUND.destination }],
    [OUTBOUND, { source: OUTBOUND.source, destination: elsewhere }],
  ])('refused, or undone with what follows: the SA is where it was', (sa, to) => {
    apply(addSa(sa));
    refuseNth('NEWSA', 0, ENOSYS);
    expect(apply({ kind: 'move-sa', sa, to })).toEqual({ operation: 'move ESP SA', code: 'ENOSYS' });
    expect(installedSas()).toMatchObject([{ source: sa.source, key: { destination: sa.destination } }]);
    refuseNth('NEWPOLICY', 0, EPERM);
    expect(apply({ kind: 'move-sa', sa, to }, addPolicy('a', outPolicy()))).toMatchObject({ code: 'EPERM' });
    expect(installedSas()).toMatchObject([{ source: sa.source, key: { destination: sa.destination } }]);
    plane.close();
    expectEmpty();
  });

  it('keys that the kernel hides are never replaced by zeros', () => {
    apply(addSa({ ...INBOUND, encryptionKey: new Uint8Array(16) }));
    const to = { source: elsewhere, destination: INBOUND.destination };
    expect(apply({ kind: 'move-sa', sa: INBOUND, to })).toMatchObject({ operation: 'move ESP SA', code: 'EPERM' });
    expect(kernel.log).toEqual(['NEWSA']);
  });
});

describe('queries and audits', () => {
  it('SAs that are gone are missing in the reply, one by one and by dump', () => {
    const many = Array.from({ length: 40 }, (_, index) => ({ ...INBOUND, spi: 0x1000 + index }));
    apply(...many.map(addSa));
    const [first] = [...kernel.sas.keys()];
    kernel.sas.delete(first ?? '');
    for (const sas of [many.slice(0, 3), many]) {
      const reply = plane.perform({ kind: 'query', sas });
      expect(reply.kind === 'counters' && reply.counters.map(({ sa }) => sa.spi)).toEqual(
        sas.slice(1).map(({ spi }) => spi),
      );
    }
  });

  it('an audit names lost SAs once and installs lost policies again', () => {
    apply(addSa(INBOUND), addSa(OUTBOUND), addPolicy('a', outPolicy()), addPolicy('b', blockPolicy()));
    kernel.sas.delete([...kernel.sas.keys()][0] ?? '');
    kernel.policies.clear();
    const { lostSas, repairedPolicies } = plane.audit();
    expect(lostSas.map(({ spi }) => spi)).toEqual([INBOUND.spi]);
    expect(repairedPolicies).toBe(1);
    expect(installedPolicies()).toMatchObject([{ blocks: false }]);
    expect(plane.audit()).toEqual({ lostSas: [], repairedPolicies: 0 });
  });
});

describe('close', () => {
  it('takes all that is ours away, routes first and SAs last, and closes each socket once', () => {
    apply(addSa(INBOUND), addSa(OUTBOUND), addPolicy('a', outPolicy()), addRoute('a'));
    kernel.log.length = 0;
    plane.close();
    plane.close();
    expect(kernel.log).toEqual(['DELROUTE', 'DELPOLICY', 'DELSA', 'DELSA']);
    expectEmpty();
    expect(kernel.closed).toBe(3);
  });

  it('goes on where the kernel refuses', () => {
    apply(addSa(INBOUND), addSa(OUTBOUND), addPolicy('a', outPolicy()));
    refuseNth('DELSA', 0, ESRCH);
    plane.close();
    expect(kernel.sas.size).toBe(1);
    expect(kernel.closed).toBe(3);
  });
});

function apply(...steps: readonly DataPlaneStep[]): 'done' | DataPlaneFailure {
  const reply = plane.perform({ kind: 'apply', steps });
  if (reply.kind === 'refused') return reply.failure;
  if (reply.kind !== 'done') throw new Error(reply.kind);
  return 'done';
}

/** By another program, or a run before ours. */
function install(...steps: readonly DataPlaneStep[]): void {
  const other = new XfrmDataPlane({
    xfrm: kernel.port(),
    route: kernel.port('RTM'),
    events: kernel.port(),
    now: () => 0,
  });
  expect(other.perform({ kind: 'apply', steps })).toEqual({ kind: 'done' });
  kernel.log.length = 0;
}

function addRoute(owner: string): DataPlaneStep {
  return { kind: 'add-route', owner, route: route() };
}

function refuseNth(name: string, nth: number, errno: number): void {
  let count = 0;
  kernel.refuse = (asked) => (asked === name && count++ === nth ? errno : undefined);
}

function installedPolicies() {
  return [...kernel.policies.values()].map(parsePolicy);
}

function reqids() {
  return installedPolicies().map((policy) => policy.template?.reqid);
}

function installedSas() {
  return [...kernel.sas.values()].flatMap((payload) => parseSa(payload) ?? []);
}

function expectEmpty(): void {
  expect([kernel.sas.size, kernel.policies.size, kernel.routes.size]).toEqual([0, 0, 0]);
}
