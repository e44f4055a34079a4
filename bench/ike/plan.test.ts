import { describe, expect, it } from 'vitest';
import { BLOCK, blockOf, peerAddress, peerSegment, spoofedAddress } from './plan.ts';

describe('who has which address', () => {
  it('the peers of a generator are within its block, also the last one', () => {
    expect([peerAddress(0), blockOf(0)]).toEqual(['10.128.0.1', '10.128.0.0/16']);
    expect([peerAddress(BLOCK), blockOf(1)]).toEqual(['10.129.0.1', '10.129.0.0/16']);
    expect(peerAddress(BLOCK - 2)).toBe('10.128.255.255');
  });

  it('segments do not overlap', () => {
    expect([0, 1, BLOCK].map(peerSegment)).toEqual(['10.64.0.0/30', '10.64.0.4/30', '10.68.0.0/30']);
  });

  it('spoofed sources are of no peer, whatever the random number', () => {
    expect([0, 0xff_ff_ff_ff, -1].map(spoofedAddress)).toEqual(['10.224.0.0', '10.255.255.255', '10.255.255.255']);
  });
});
