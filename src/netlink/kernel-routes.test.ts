import { beforeEach, describe, expect, it } from 'vitest';
import type { DataPlaneStep } from '../sa/data-plane.ts';
import { EPERM } from '../xfrm/testing/fake-kernel.ts';
import { PlaneFixture } from '../xfrm/testing/plane-fixture.ts';
import { addRoute, route } from '../xfrm/testing/specs.ts';

let bed: PlaneFixture;

beforeEach(() => {
  bed = new PlaneFixture();
});

describe('routes', () => {
  it('one destination by two owners is one route, with the way of the eldest until that goes', () => {
    bed.apply(addRoute('a'), { kind: 'add-route', owner: 'b', route: route('10.1.2.0/24', '198.51.100.1') });
    expect(bed.kernel.log).toEqual(['NEWROUTE']);
    bed.apply({ kind: 'remove-route', owner: 'a', route: route() });
    expect(bed.kernel.log).toEqual(['NEWROUTE', 'DELROUTE', 'NEWROUTE']);
    bed.apply({ kind: 'remove-route', owner: 'b', route: route('10.1.2.0/24', '198.51.100.1') });
    bed.expectEmpty();
  });

  it('an owner whose peer has moved replaces its route, in whichever order it says so', () => {
    const moved = route('10.1.2.0/24', '198.51.100.1');
    bed.apply(addRoute('a'));
    expect(
      bed.apply({ kind: 'add-route', owner: 'a', route: moved }, { kind: 'remove-route', owner: 'a', route: route() }),
    ).toBe('done');
    expect(bed.kernel.routes.size).toBe(1);
    expect(bed.apply({ kind: 'remove-route', owner: 'a', route: moved }, addRoute('a'))).toBe('done');
    expect(bed.kernel.routes.size).toBe(1);
    bed.apply({ kind: 'remove-route', owner: 'a', route: route() });
    bed.expectEmpty();
  });

  it('the new way refused, the old one stays', () => {
    bed.apply(addRoute('a'));
    bed.refuseNth('NEWROUTE', 0, EPERM);
    const step: DataPlaneStep = { kind: 'add-route', owner: 'a', route: route('10.1.2.0/24', '198.51.100.1') };
    expect(bed.apply(step)).toMatchObject({ code: 'EPERM' });
    expect(bed.kernel.routes.size).toBe(1);
  });

  it('those to one destination in another table or of another metric are routes of their own', () => {
    const places = [{}, { table: 100 }, { table: 70_000, metric: 5 }, { metric: 7 }];
    for (const [index, place] of places.entries()) {
      bed.apply({ kind: 'add-route', owner: String(index), route: { ...route(), ...place } });
    }
    const keys = ['', ' table 100', ' table 70000 metric 5', ' metric 7'].map((place) => `10.1.2.0/24${place}`);
    expect([...bed.kernel.routes.keys()]).toEqual(keys);
    bed.apply({ kind: 'remove-route', owner: '2', route: { ...route(), table: 70_000, metric: 5 } });
    expect([...bed.kernel.routes.keys()]).toEqual(keys.filter((_, index) => index !== 2));
    bed.apply({ kind: 'remove-route', owner: '0', route: route() });
    bed.apply({ kind: 'remove-route', owner: '1', route: { ...route(), table: 100 } });
    bed.apply({ kind: 'remove-route', owner: '3', route: { ...route(), metric: 7 } });
    bed.expectEmpty();
  });
});
