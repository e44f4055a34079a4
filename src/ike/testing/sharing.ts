import { expect } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import type { Prefix } from '../../base/net.ts';
import { Secret } from '../../base/secret.ts';
import { formatSelector } from '../../sa/traffic-selector.ts';
import { CHEAP_IKE, fqdn, LEFT, RIGHT, type Side, tunnelPolicy } from '../../sim/tunnels.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { TestGateway } from './gateway.ts';
import { converse, type Pair } from './pair.ts';

export const SEGMENTS: readonly Prefix[] = ['10.2.0.0', '10.2.1.0', '10.2.2.0'].map((address) => ({
  address,
  length: 24,
}));
export const NAMES = ['t1', 't2', 't3'];

/** All segments of the right side, or one. */
export function withSegments(...segments: readonly Prefix[]): Side {
  return { ...RIGHT, segments };
}

export function tunnelOf(index: number, changes: Partial<TunnelPolicy> = {}): TunnelPolicy {
  const [segment] = SEGMENTS.slice(index);
  if (segment === undefined) throw new Error('no such segment');
  return tunnelPolicy(withSegments(segment), LEFT, { name: NAMES[index] ?? '', ...changes });
}

/** The left side has one tunnel with a Child SA for each pair of segments, the right side a tunnel for each of those. */
export function sharing(
  changes: { readonly left?: Partial<TunnelPolicy>; readonly right?: readonly TunnelPolicy[] } = {},
): Pair {
  const own = tunnelPolicy(LEFT, withSegments(...SEGMENTS), { singlePairs: true, ...changes.left });
  return {
    left: new TestGateway(LEFT.address, { seed: 1, tunnels: [own] }),
    right: new TestGateway(RIGHT.address, { seed: 2, tunnels: changes.right ?? SEGMENTS.map((_, n) => tunnelOf(n)) }),
  };
}

export function shared(changes: Parameters<typeof sharing>[0] = {}): Pair {
  const both = sharing(changes);
  both.left.initiate();
  converse(both);
  return both;
}

/** Each tunnel of a gateway with the peer's or own segments of its Child SAs. */
export function carried({ core }: TestGateway): string[] {
  const installed = core.children().filter(({ state }) => state === 'installed');
  return installed
    .map(({ tunnel, localSelectors }) => `${tunnel} ${localSelectors.map(formatSelector).join(' ')}`)
    .sort();
}

export function expectAgreed({ left, right }: Pair): void {
  for (const one of [left, right]) one.endDrains();
  const ours = left.core.children().map(({ inbound, outbound }) => [inbound.spi, outbound.spi].join());
  const theirs = right.core.children().map(({ inbound, outbound }) => [outbound.spi, inbound.spi].join());
  expect(ours.sort()).toEqual(theirs.sort());
  for (const one of [left, right]) expect(one.installedSas()).toBe(2 * ours.length);
}

export const OTHER_KEY = new Secret(utf8('another key'));
export const PPK = { id: 'ppk', secret: new Secret(utf8('0123456789abcdef0123456789abcdef')), required: false };

/** What the second tunnel has otherwise than the first, so that who is the peer of that is not the peer of this. */
export const HOSTILE: readonly (readonly [string, Partial<TunnelPolicy>])[] = [
  ['another key', { psk: OTHER_KEY }],
  ['a key of the same beginning', { psk: new Secret(utf8('test.12312')) }],
  ['another identity of the peer', { remote: { ...tunnelOf(1).remote, identity: fqdn('somebody.else') } }],
  ['another identity of ours', { local: { ...tunnelOf(1).local, identity: fqdn('somebody.else') } }],
  [
    'a peer without an identity',
    { remote: { address: tunnelOf(1).remote.address, selectors: tunnelOf(1).remote.selectors } },
  ],
  ['another gateway', { gateway: 'other' }],
  ['another address of ours', { local: { ...tunnelOf(1).local, address: '198.51.100.2' } }],
  ['another peer', { peer: 'other' }],
  [
    'a peer at another address',
    { remote: { ...tunnelOf(1).remote, address: { kind: 'address', address: '192.0.2.9' } } },
  ],
  ['a peer of any address', { remote: { ...tunnelOf(1).remote, address: { kind: 'any' } } }],
  ['a peer given by name', { remote: { ...tunnelOf(1).remote, address: { kind: 'name', name: 'peer.example' } } }],
  ['other IKE proposals', { ikeProposals: [{ ...CHEAP_IKE, encryption: ['aes256'] }] }],
  ['further IKE proposals', { ikeProposals: [CHEAP_IKE, { ...CHEAP_IKE, encryption: ['aes256'] }] }],
];
