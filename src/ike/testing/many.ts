import { utf8 } from '../../base/bytes.ts';
import type { IpAddress } from '../../base/net.ts';
import { Secret } from '../../base/secret.ts';
import { type Identity, parseIdentity } from '../../sa/identity.ts';
import { hostSelector, type TrafficSelector } from '../../sa/traffic-selector.ts';
import { RIGHT, type Side, tunnelPolicy } from '../../sim/tunnels.ts';
import type { Many, TunnelPolicy } from '../common/policy.ts';
import { type Sent, TestGateway } from './gateway.ts';

/** The gateway that many peers call, and the network behind it. */
export const HUB: Side = RIGHT;

export function key(text: string): Secret {
  return new Secret(utf8(text));
}

export function named(text: string): Identity {
  const identity = parseIdentity(text);
  if (identity === undefined) throw new Error(`${text} is no identity`);
  return identity;
}

/** Carol and dave have keys of their own, all others share one. */
export const KEYS: Many = {
  keys: [
    { identity: named('carol@example.com'), psk: key('of carol') },
    { identity: named('dave@example.com'), psk: key('of dave') },
  ],
  common: key('of all'),
  limit: 100,
};

/** The tunnel `rw` for many peers. */
export function template(changes: Partial<TunnelPolicy> = {}, many: Partial<Many> = {}): TunnelPolicy {
  const { remote, ...policy } = tunnelPolicy(HUB, { address: '0.0.0.0', segments: [] }, { name: 'rw', ...changes });
  return {
    ...policy,
    many: { ...KEYS, ...many },
    start: 'respond',
    remote: changes.remote ?? { address: { kind: 'any' }, selectors: [], dynamic: [hostSelector('0.0.0.0')] },
  };
}

export type Warrior = {
  readonly id: string;
  readonly address: IpAddress;
  readonly psk: string;
  /** What it asks for on its own side; its own address where nothing is said. */
  readonly segment?: TrafficSelector;
  readonly changes?: Partial<TunnelPolicy>;
  readonly seed?: number;
};

/** A peer that calls the hub, with the tunnel `net` to it. */
export function warrior({
  id,
  address,
  psk,
  segment = hostSelector(address),
  changes,
  seed = 11,
}: Warrior): TestGateway {
  const side: Side = { address, identity: named(id), segments: [] };
  const policy = tunnelPolicy(side, HUB, { psk: key(psk), ...changes });
  const local = { ...policy.local, selectors: [segment] };
  return new TestGateway(address, { seed, tunnels: [{ ...policy, local }] });
}

export const CAROL: Warrior = { id: 'carol@example.com', address: '192.0.2.10', psk: 'of carol', seed: 11 };
export const DAVE: Warrior = { id: 'dave@example.com', address: '192.0.2.20', psk: 'of dave', seed: 12 };

export function hub(...tunnels: readonly TunnelPolicy[]): TestGateway {
  return new TestGateway(HUB.address, { seed: 2, tunnels });
}

/** Delivers what all of them have to say, each datagram to whose address it is for, until nobody says anything. */
export function converseAll(...all: readonly TestGateway[]): void {
  for (let turn = 0; turn < 100; turn++) {
    const sent: Sent[] = all.flatMap((one) => one.take());
    if (sent.length === 0) return;
    for (const one of sent) all.find(({ address }) => address === one.to.address)?.receive(one);
  }
  throw new Error('they do not come to an end');
}

/** Whether the peer calls and has a Child SA afterwards. */
export function connects(peer: TestGateway, gateway: TestGateway): boolean {
  peer.initiate();
  converseAll(peer, gateway);
  return peer.core.children().some(({ state }) => state === 'installed');
}
