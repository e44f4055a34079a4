import { describe, expect, it } from 'vitest';
import { addressInTurn, calledAddress, mayCallFrom, type PeerPlaces, writtenAddresses } from './peer-places.ts';

const policy = (places: PeerPlaces) => ({ remote: { selectors: [], ...places } });
const address = (text: string) => ({ kind: 'address', address: text }) as const;
const name = { kind: 'name', name: 'vpn.example.com' } as const;
const any = { kind: 'any' } as const;
const net = { start: '198.51.100.0', end: '198.51.100.255' };

const SEVERAL: PeerPlaces = { address: address('203.0.113.7'), alternatives: [address('203.0.113.8')] };

describe('where a peer may call from', () => {
  it.each<[PeerPlaces, string, boolean]>([
    [{ address: address('203.0.113.7') }, '203.0.113.7', true],
    [{ address: address('203.0.113.7') }, '203.0.113.8', false],
    [SEVERAL, '203.0.113.7', true],
    [SEVERAL, '203.0.113.8', true],
    [SEVERAL, '203.0.113.9', false],
    [{ ...SEVERAL, within: [net] }, '198.51.100.9', true],
    [{ ...SEVERAL, within: [net] }, '198.51.101.9', false],
    [{ ...SEVERAL, within: [net] }, '2001:db8::1', false],
    [{ address: any }, '198.51.101.9', true],
    [{ address: any, within: [net] }, '198.51.100.9', true],
    [{ address: any, within: [net] }, '198.51.101.9', false],
    [{ address: name }, '198.51.101.9', true],
    [{ address: address('203.0.113.7'), alternatives: [name] }, '198.51.101.9', true],
  ])('%j from %s: %s', (places, from, expected) => {
    expect(mayCallFrom(policy(places), from)).toBe(expected);
  });
});

describe('where a peer is called', () => {
  it('is each of its addresses in turn', () => {
    const turns = [0, 1, 2, 3].map((attempt) => addressInTurn(policy(SEVERAL), attempt));
    expect(turns).toEqual(['7', '7', '8', '7'].map((last) => address(`203.0.113.${last}`)));
  });

  it('is the one that is configured, but of several the one whose turn it is', () => {
    expect(calledAddress(policy({ address: address('203.0.113.7') }), '192.0.2.9')).toBe('203.0.113.7');
    expect(calledAddress(policy(SEVERAL), '203.0.113.8')).toBe('203.0.113.8');
    expect(calledAddress(policy(SEVERAL), undefined)).toBe('203.0.113.7');
    expect(calledAddress(policy({ address: name }), '192.0.2.9')).toBe('192.0.2.9');
    expect(calledAddress(policy({ address: name }), undefined)).toBeUndefined();
  });

  it('has all that are written', () => {
    expect(writtenAddresses({ ...SEVERAL, alternatives: [name, address('203.0.113.9')] })).toEqual([
      '203.0.113.7',
      '203.0.113.9',
    ]);
  });
});
