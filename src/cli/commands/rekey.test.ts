import { describe, expect, it } from 'vitest';
import { connectedTunnel, FakeGateway, sampleTunnel } from '../../control/testing/fake-gateway.ts';
import { withGateway } from '../testing/cli.ts';

/** A gateway whose tunnel has new SPIs of one kind once it is told to rekey. */
function gateway(what: 'ike' | 'child'): FakeGateway {
  const api = new FakeGateway([connectedTunnel('idc')]);
  api.onRekey = (name) => {
    const tunnel = connectedTunnel(name);
    const { ike, children } = tunnel;
    const renewed = children.map((child) => ({ ...child, spiIn: '0badcafe' }));
    api.publish({ event: what === 'ike' ? 'ike.rekeyed' : 'child.rekeyed', tunnel: name, text: 'has a successor' });
    api.set({
      ...tunnel,
      ike: what === 'ike' && ike !== null ? { ...ike, initiatorSpi: 'ffffffffffffffff' } : ike,
      children: what === 'child' ? [...children, ...renewed] : children,
    });
  };
  return api;
}

describe('cygnet rekey', () => {
  it.each([
    [[], 'ike'],
    [['--ike'], 'ike'],
    [['--child'], 'child'],
  ] as const)('%j waits for the successor', async (options, what) => {
    const api = gateway(what);
    await withGateway(api, async (cygnet) => {
      const { exit, out, err } = await cygnet(['rekey', 'idc', ...options]);
      expect([exit, out]).toEqual([0, '']);
      expect(err).toBe('idc: has a successor\nidc: rekeyed\n');
      expect(api.calls).toEqual([`rekey ${what} idc`]);
    });
  });

  it('waits for one successor of those that had the same segments', async () => {
    const api = gateway('child');
    const { children, ...tunnel } = connectedTunnel('idc');
    // What the peer has replaced lately is still there to drain.
    api.set({ ...tunnel, children: [...children, ...children.map((child) => ({ ...child, spiIn: '0badf00d' }))] });
    await withGateway(api, async (cygnet) => {
      expect(await cygnet(['rekey', 'idc', '--child', '--timeout', '1'])).toMatchObject({ exit: 0 });
    });
  });

  it('is not settled where no successor comes in time', async () => {
    await withGateway(gateway('ike'), async (cygnet) => {
      const { exit, err } = await cygnet(['rekey', 'idc', '--child', '--timeout', '0.2']);
      expect(exit).toBe(6);
      expect(err).toContain('its successors are not there yet; see: cygnet show idc');
    });
  });

  it('takes one kind at a time, and a tunnel that is there', async () => {
    await withGateway(new FakeGateway([sampleTunnel({ name: 'idc' })]), async (cygnet) => {
      expect(await cygnet(['rekey', 'idc', '--ike', '--child'])).toMatchObject({ exit: 2 });
      expect(await cygnet(['rekey', 'nobody'])).toMatchObject({ exit: 5 });
    });
  });
});
