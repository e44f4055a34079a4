import { describe, expect, it } from 'vitest';
import type { ChildSaView } from '../ike/common/view.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { policy, status } from '../tunnel/diagnosis/testing/facts.ts';
import { daemonMetrics } from './metrics.ts';
import { Observations } from './observations.ts';

const HERE = [selectorFromPrefix({ address: '10.1.0.0', length: 16 })];
const THERE = ['10.2.0.0', '10.3.0.0'].map((address) => selectorFromPrefix({ address, length: 16 }));

/** The samples of a family for a tunnel with two pairs of segments. */
function samples(family: string, ...carried: (readonly number[])[]): string[] {
  const base = policy();
  const children = carried.map(
    (places) =>
      ({
        state: 'installed',
        localSelectors: HERE,
        remoteSelectors: places.flatMap((place) => THERE[place] ?? []),
      }) as unknown as ChildSaView,
  );
  const text = daemonMetrics({
    version: { version: '0.1.0', api: 1, startedAt: '2026-01-02T03:04:05.000Z', dataPlane: 'kernel' },
    tunnels: [{ name: 'idc', policy: { ...base, remote: { ...base.remote, selectors: THERE } } }] as never,
    statuses: [status()],
    childrenOf: () => children,
    observations: new Observations(() => undefined),
    errors: new Map(),
  });
  return text.split('\n').flatMap((line) => (line.startsWith(`${family}{`) ? line.slice(-1) : []));
}

describe('the metrics of pairs of segments', () => {
  it('are there for every configured pair, without a Child SA as well', () => {
    expect(samples('cygnet_pair_up')).toEqual(['0', '0']);
    expect(samples('cygnet_pair_up', [1])).toEqual(['0', '1']);
  });

  it('tell whether a Child SA carries the pair alone', () => {
    expect(samples('cygnet_pair_up', [0, 1])).toEqual(['1', '1']);
    expect(samples('cygnet_pair_alone', [0, 1])).toEqual(['0', '0']);
    expect(samples('cygnet_pair_alone', [0], [1])).toEqual(['1', '1']);
  });
});
