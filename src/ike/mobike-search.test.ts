import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../base/net.ts';
import { SECOND } from '../base/time.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { LEFT, RIGHT, type Side, tunnelPolicy } from '../sim/tunnels.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver } from './testing/pair.ts';

const OUTER = '198.51.100.77';
/** In the segment of the right side, as on the inner interface of a gateway. */
const INNER = '10.2.0.1';
const EVERYWHERE = { address: '0.0.0.0', length: 0 };

function announcing(own: Side, peer: Side, ...alternatives: IpAddress[]): Partial<TunnelPolicy> {
  return { local: { ...tunnelPolicy(own, peer).local, alternatives } };
}

/** To where a gateway sends its question whether the peer is there, until it takes that for dead, and how long it waits. */
function asksInVain(gateway: TestGateway): { readonly at: readonly IpAddress[]; readonly patience: number } {
  gateway.fire('liveness');
  const since = gateway.mono;
  const sent = [];
  while (gateway.reasonsOf('ike.closed').length === 0) {
    sent.push(...gateway.take());
    gateway.fire('retransmit');
  }
  return { at: [...new Set(sent.map(({ to }) => to.address))].sort(), patience: gateway.mono - since };
}

describe('another path to a peer that does not answer (RFC 4555 §3.10)', () => {
  it('does not lead to an address within its segments, which only the tunnel leads to', () => {
    const { left } = connected({ right: announcing(RIGHT, LEFT, INNER, OUTER) });
    expect(left.ikeSa().mobike?.peerAddresses).toEqual([INNER, OUTER]);
    expect(asksInVain(left).at).toEqual([RIGHT.address, OUTER]);
  });

  it('nor to one within those that another tunnel has to the same peer', () => {
    const segment = { address: '10.9.0.0', length: 16 };
    const theirs = { ...RIGHT, segments: [segment] };
    const left = new TestGateway(LEFT.address, {
      seed: 1,
      tunnels: [tunnelPolicy(LEFT, RIGHT), tunnelPolicy(LEFT, theirs, { name: 'other' })],
    });
    const right = new TestGateway(RIGHT.address, {
      seed: 2,
      tunnels: [tunnelPolicy(RIGHT, LEFT, announcing(RIGHT, LEFT, '10.9.0.1', OUTER))],
    });
    left.initiate();
    converse({ left, right });
    expect(asksInVain(left).at).toEqual([RIGHT.address, OUTER]);
  });

  it('may lead anywhere within a segment that the address in use is in as well', () => {
    const remote = { ...tunnelPolicy(LEFT, RIGHT).remote, selectors: [selectorFromPrefix(EVERYWHERE)] };
    const { left } = connected({ left: { remote }, right: announcing(RIGHT, LEFT, OUTER) });
    expect(asksInVain(left).at).toEqual([RIGHT.address, OUTER]);
  });

  it('may lead back to the configured address, which a tunnel from host to host has for its segment', () => {
    const hosts = [selectorFromPrefix({ address: RIGHT.address, length: 32 })];
    const { left, right } = connected({
      left: { remote: { ...tunnelPolicy(LEFT, RIGHT).remote, selectors: hosts } },
      right: { local: { ...tunnelPolicy(RIGHT, LEFT).local, alternatives: [OUTER], selectors: hosts } },
    });
    left.fire('liveness');
    while (left.views()[0]?.remote.address === RIGHT.address) {
      left.fire('retransmit');
      for (const sent of left.take()) if (sent.to.address === OUTER) right.receive(sent);
      deliver(right, left);
    }
    converse({ left, right });
    expect(left.views()).toMatchObject([{ remote: { address: OUTER } }]);
    expect(asksInVain(left).at).toEqual([RIGHT.address, OUTER]);
  });

  it.each([
    ['may find one', '192.0.2.77', 15 * SECOND],
    ['has no address but within its segments', '10.1.0.1', 5 * SECOND],
  ])('is waited for where the peer %s', (_, address, patience) => {
    const { right } = connected({ left: announcing(LEFT, RIGHT, address) });
    expect(asksInVain(right).patience).toBe(patience);
  });
});
