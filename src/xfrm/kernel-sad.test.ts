import { beforeEach, describe, expect, it } from 'vitest';
import { reqidAt } from '../sa/reqid.ts';
import { EPERM } from './testing/fake-kernel.ts';
import { PlaneFixture } from './testing/plane-fixture.ts';
import { addPolicy, addSa, blockPolicy, INBOUND, OUTBOUND, outPolicy } from './testing/specs.ts';

const ENOSYS = 38;

let bed: PlaneFixture;

beforeEach(() => {
  bed = new PlaneFixture();
});

describe('reserved SPIs', () => {
  const request = { kind: 'allocate-spi', protocol: 'esp', local: '192.0.2.2', remote: '192.0.2.1', reqid: 7 } as const;

  it('become the SA by an update of the larval one', () => {
    const spi = allocate();
    expect(bed.apply(addSa({ ...INBOUND, spi }))).toBe('done');
    expect(bed.kernel.log).toEqual(['ALLOCSPI', 'UPDSA']);
  });

  it('are added anew where the larval SA has expired meanwhile', () => {
    const spi = allocate();
    bed.kernel.sas.clear();
    expect(bed.apply(addSa({ ...INBOUND, spi }))).toBe('done');
    expect(bed.kernel.log).toEqual(['ALLOCSPI', 'UPDSA', 'NEWSA']);
  });

  it('are given back by remove-sa and by close', () => {
    const spi = allocate();
    expect(bed.apply({ kind: 'remove-sa', sa: { ...INBOUND, spi } })).toBe('done');
    bed.expectEmpty();
    allocate();
    bed.plane.close();
    bed.expectEmpty();
  });

  it('a refusal is named', () => {
    bed.refuseNth('ALLOCSPI', 0, ENOSYS);
    const failure = { operation: 'reserve ESP SPI', code: 'ENOSYS' };
    expect(bed.plane.perform(request)).toEqual({ kind: 'refused', failure });
  });

  function allocate(): number {
    const reply = bed.plane.perform(request);
    if (reply.kind !== 'spi') throw new Error(reply.kind);
    return reply.spi;
  }
});

describe('what a killed run left behind', () => {
  it('goes, by its reqid; what is ours or of other programs stays', () => {
    const foreign = { ...OUTBOUND, spi: 0xc000_0004 };
    bed.install(addSa({ ...OUTBOUND, spi: 0xc000_0003, reqid: reqidAt(5) }), addSa(foreign));
    bed.apply(addSa({ ...INBOUND, reqid: reqidAt(0) }));
    expect(bed.plane.begin()).toBe(1);
    expect(bed.sas().map(({ key }) => key.spi)).toEqual([foreign.spi, INBOUND.spi]);
    expect(bed.plane.begin()).toBe(0);
  });
});

describe('moving an SA', () => {
  const elsewhere = '192.0.2.11';

  it('a new source under the same key: deleted and made again', () => {
    bed.apply(addSa(INBOUND));
    expect(
      bed.apply({ kind: 'move-sa', sa: INBOUND, to: { source: elsewhere, destination: INBOUND.destination } }),
    ).toBe('done');
    expect(bed.kernel.log).toEqual(['NEWSA', 'DELSA', 'NEWSA']);
    expect(bed.sas()).toMatchObject([{ source: elsewhere, key: { spi: INBOUND.spi } }]);
  });

  it('a new destination: the new SA is there before the old one goes', () => {
    bed.apply(addSa(OUTBOUND));
    const to = { source: OUTBOUND.source, destination: elsewhere };
    expect(bed.apply({ kind: 'move-sa', sa: OUTBOUND, to }, addPolicy('a', outPolicy()))).toBe('done');
    expect(bed.kernel.log).toEqual(['NEWSA', 'NEWSA', 'NEWPOLICY', 'DELSA']);
    expect(bed.sas().map(({ key }) => key.destination)).toEqual([elsewhere]);
    bed.plane.close();
    bed.expectEmpty();
  });

  it('new UDP ports: an update in place', () => {
    const encap = { sourcePort: 4500, destinationPort: 4500 };
    bed.apply(addSa({ ...INBOUND, encap }));
    const to = { source: INBOUND.source, destination: INBOUND.destination, encap: { ...encap, sourcePort: 62_000 } };
    expect(bed.apply({ kind: 'move-sa', sa: INBOUND, to })).toBe('done');
    expect(bed.kernel.log).toEqual(['NEWSA', 'UPDSA']);
  });

  it.each([
    [INBOUND, { source: elsewhere, destination: INBOUND.destination }],
    [OUTBOUND, { source: OUTBOUND.source, destination: elsewhere }],
  ])('refused, or undone with what follows: the SA is where it was', (sa, to) => {
    bed.apply(addSa(sa));
    bed.refuseNth('NEWSA', 0, ENOSYS);
    expect(bed.apply({ kind: 'move-sa', sa, to })).toEqual({ operation: 'move ESP SA', code: 'ENOSYS' });
    expect(bed.sas()).toMatchObject([{ source: sa.source, key: { destination: sa.destination } }]);
    bed.refuseNth('NEWPOLICY', 0, EPERM);
    expect(bed.apply({ kind: 'move-sa', sa, to }, addPolicy('a', outPolicy()))).toMatchObject({ code: 'EPERM' });
    expect(bed.sas()).toMatchObject([{ source: sa.source, key: { destination: sa.destination } }]);
    bed.plane.close();
    bed.expectEmpty();
  });

  it('keys that the kernel hides are never replaced by zeros', () => {
    bed.apply(addSa({ ...INBOUND, encryptionKey: new Uint8Array(16) }));
    const to = { source: elsewhere, destination: INBOUND.destination };
    expect(bed.apply({ kind: 'move-sa', sa: INBOUND, to })).toMatchObject({ operation: 'move ESP SA', code: 'EPERM' });
    expect(bed.kernel.log).toEqual(['NEWSA']);
  });
});

describe('queries and audits', () => {
  it('SAs that are gone are missing in the reply, one by one and by dump', () => {
    const many = Array.from({ length: 40 }, (_, index) => ({ ...INBOUND, spi: 0x1000 + index }));
    bed.apply(...many.map(addSa));
    const [first] = [...bed.kernel.sas.keys()];
    bed.kernel.sas.delete(first ?? '');
    for (const sas of [many.slice(0, 3), many]) {
      const reply = bed.plane.perform({ kind: 'query', sas });
      expect(reply.kind === 'counters' && reply.counters.map(({ sa }) => sa.spi)).toEqual(
        sas.slice(1).map(({ spi }) => spi),
      );
    }
  });

  it('an audit names lost SAs once and installs lost policies again', () => {
    bed.apply(addSa(INBOUND), addSa(OUTBOUND), addPolicy('a', outPolicy()), addPolicy('b', blockPolicy()));
    bed.kernel.sas.delete([...bed.kernel.sas.keys()][0] ?? '');
    bed.kernel.policies.clear();
    const { lostSas, repairedPolicies } = bed.plane.audit();
    expect(lostSas.map(({ spi }) => spi)).toEqual([INBOUND.spi]);
    expect(repairedPolicies).toBe(1);
    expect(bed.policies()).toMatchObject([{ blocks: false }]);
    expect(bed.plane.audit()).toEqual({ lostSas: [], repairedPolicies: 0 });
  });
});

describe('SAs with a mark and an interface', () => {
  const apart = { mark: { value: 0x2a, mask: 0xff }, setMark: { value: 7, mask: 0xf }, ifId: 9 };
  const attributes = () => bed.sas().map((sa) => [21, 29, 30, 31, 24].map((type) => sa.attributes.get(type)?.length));

  it('are found by their mark, when they are counted and removed', () => {
    expect(bed.apply(addSa({ ...OUTBOUND, ...apart }))).toBe('done');
    expect(bed.plane.perform({ kind: 'query', sas: [OUTBOUND] })).toMatchObject({ counters: [{ packets: 0 }] });
    expect(bed.apply({ kind: 'remove-sa', sa: OUTBOUND })).toBe('done');
    bed.expectEmpty();
  });

  it('keep them where they move to', () => {
    bed.apply(addSa({ ...OUTBOUND, ...apart, headers: { dscp: 'none' } }));
    expect(attributes()).toEqual([[8, 4, 4, 4, 4]]);
    const to = { source: OUTBOUND.source, destination: '192.0.2.99' };
    expect(bed.apply({ kind: 'move-sa', sa: OUTBOUND, to })).toBe('done');
    expect(attributes()).toEqual([[8, 4, 4, 4, 4]]);
    expect(bed.apply({ kind: 'remove-sa', sa: { ...OUTBOUND, destination: to.destination } })).toBe('done');
    bed.expectEmpty();
  });

  it('are removed by their mark where a killed run has left them', () => {
    bed.install(addSa({ ...OUTBOUND, ...apart, reqid: reqidAt(3) }));
    expect(bed.plane.begin()).toBe(1);
    expect(bed.kernel.sas.size).toBe(0);
  });
});
