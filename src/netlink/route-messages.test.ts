import { describe, expect, it } from 'vitest';
import { RTM_NEWADDR, RTM_NEWROUTE } from './constants.ts';
import { parseMessages } from './netlink.ts';
import type { KernelRoute } from './route-messages.ts';
import {
  encodeDeleteRoute,
  encodeDumpAddresses,
  encodeLookupRoute,
  encodeNewRoute,
  parseFoundRoute,
  parseLocalAddress,
} from './route-messages.ts';
import { commandVector, dissect } from './testing/netlink-vectors.ts';

// biome-ignore format: one command line, one row
const NEW: readonly (readonly [string, KernelRoute])[] = [
  ['route-add-gateway', { destination: { address: '10.1.2.0', length: 24 }, interface: 3, gateway: '192.0.2.254', source: '192.0.2.2' }],
  ['route-add-link', { destination: { address: '10.1.3.0', length: 24 }, interface: 3 }],
  ['route-add-ipv6', { destination: { address: '2001:db8:9::', length: 48 }, interface: 3, gateway: '2001:db8::fe' }],
];

describe('route requests carry the bytes that ip route sends', () => {
  it.each(NEW)('NEWROUTE: %s', (name, route) => {
    expect(dissect(encodeNewRoute(route), 12)).toEqual(dissect(commandVector(name).request, 12));
  });

  it.each([
    ['route-delete', { address: '10.1.2.0', length: 24 }],
    ['route-delete-ipv6', { address: '2001:db8:9::', length: 48 }],
  ] as const)('DELROUTE: %s', (name, destination) => {
    expect(dissect(encodeDeleteRoute(destination), 12)).toEqual(dissect(commandVector(name).request, 12));
  });

  it.each([
    ['route-get', '203.0.113.9'],
    ['route-get-ipv6', '2001:db8:ffff::1'],
  ])('GETROUTE: %s', (name, address) => {
    const theirs = dissect(commandVector(name).request, 12);
    // `ip` asks of IPv4 routes which table had them: RTM_F_LOOKUP_TABLE in rtm_flags.
    const structure = `${theirs.structure?.slice(0, 16)}00000000`;
    expect(dissect(encodeLookupRoute(address), 12)).toEqual({ ...theirs, structure });
  });

  it('an addition never replaces (NLM_F_EXCL)', () => {
    expect(parseMessages(encodeNewRoute(NEW[0]?.[1] as KernelRoute))[0]?.flags).toBe(0x1 | 0x4 | 0x400 | 0x200);
  });

  it('a table above 255 goes in an attribute, as the byte of the header has no room for it', () => {
    const route: KernelRoute = { destination: { address: '10.1.2.0', length: 24 }, interface: 3 };
    const theirs = dissect(encodeNewRoute(route), 12);
    const ours = dissect(encodeNewRoute({ ...route, table: 70_000, metric: 5 }), 12);
    expect(ours.structure?.slice(8, 10)).toBe('00');
    expect(ours).toMatchObject({ 'attribute 6': '05000000', 'attribute 15': '70110100' });
    expect(theirs.structure?.slice(8, 10)).toBe('fe');
  });

  it('GETADDR asks for the addresses of one family', () => {
    expect(dissect(encodeDumpAddresses(4), 8)).toEqual({ type: '22', structure: '0200000000000000' });
    expect(dissect(encodeDumpAddresses(6), 8)).toEqual({ type: '22', structure: '0a00000000000000' });
  });
});

describe('answers of the kernel', () => {
  it.each([
    ['route-get', { interface: 3, gateway: '192.0.2.254', source: '192.0.2.2' }],
    ['route-get-ipv6', { interface: 3, gateway: '2001:db8::fe', source: '2001:db8::2' }],
  ])('look-up: %s', (name, found) => {
    const [message] = commandVector(name).replies.flatMap(parseMessages);
    expect(message?.type).toBe(RTM_NEWROUTE);
    expect(parseFoundRoute(message?.payload ?? new Uint8Array())).toEqual(found);
  });

  it('local addresses', () => {
    const messages = commandVector('address-list').replies.flatMap(parseMessages);
    const addresses = messages
      .filter(({ type }) => type === RTM_NEWADDR)
      .map(({ payload }) => parseLocalAddress(payload));
    expect(addresses).toEqual(['127.0.0.1', '10.0.0.1', '192.0.2.2']);
  });

  it('an IPv6 address under duplicate address detection is not a source', () => {
    const [message] = commandVector('address-list').replies.flatMap(parseMessages);
    const payload = message?.payload.slice() ?? new Uint8Array();
    // IFA_FLAGS of the first address: 0x80 (permanent) becomes 0xc0 (permanent, tentative).
    const flags = payload.findIndex(
      (_, index) => payload[index] === 8 && payload[index + 2] === 8 && payload[index + 4] === 0x80,
    );
    payload[flags + 4] = 0xc0;
    expect(parseLocalAddress(payload)).toBeUndefined();
  });
});
