import { describe, expect, it } from 'vitest';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { pair } from './testing/pair.ts';

describe('a trap for the next packet of a tunnel (RFC 4301 §4.4.1)', () => {
  it.each([1, 2] as const)(
    'IKEv%i: is set once, tells of the packet that it catches, and can be taken away',
    (version) => {
      const { left } = pair({ left: { version } });
      left.command({ kind: 'trap', tunnel: 'net', set: true });
      left.command({ kind: 'trap', tunnel: 'net', set: true });
      const [step, ...more] = left
        .steps('add-policy')
        .filter((one) => one.kind === 'add-policy' && one.policy.template);
      if (step?.kind !== 'add-policy') throw new Error('no policy');
      expect(more).toEqual([]);
      expect(step).toMatchObject({ owner: 'trap:net', policy: { direction: 'out', action: 'trap' } });
      const selector = selectorFromPrefix({ address: '10.0.0.1', length: 32 });
      const caught = (reqid: number) =>
        left.input({
          kind: 'dataplane.event',
          event: { kind: 'acquire', reqid, source: selector, destination: selector },
        });
      caught(7);
      expect(left.eventTypes()).not.toContain('traffic.waiting');
      caught(step.policy.template?.reqid ?? 0);
      expect(left.events.at(-1)).toEqual({ type: 'traffic.waiting', tunnel: 'net' });
      left.command({ kind: 'trap', tunnel: 'net', set: false });
      expect(left.steps('remove-policy')).toEqual([{ ...step, kind: 'remove-policy' }]);
    },
  );

  it('is not set for a peer of unknown address', () => {
    const { left } = pair({ left: { remote: { ...remoteOf(), address: { kind: 'any' } } } });
    left.command({ kind: 'trap', tunnel: 'net', set: true });
    expect(left.steps('add-policy')).toEqual([]);
  });
});

function remoteOf() {
  return { selectors: [selectorFromPrefix({ address: '10.2.0.0', length: 16 })] };
}
