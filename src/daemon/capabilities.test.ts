import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ENCRYPTION, INTEGRITY, KEY_EXCHANGE } from '../crypto/algorithms.ts';
import { KeyExchangeTests } from '../crypto/self-test.ts';
import { workingProvider } from '../crypto/working-provider.ts';
import type { DataPlaneCapabilities } from '../sa/data-plane.ts';
import { probeCapabilities, testWhenIdle } from './capabilities.ts';

const encryption = ENCRYPTION.map(({ keyword }) => keyword);
const integrity = INTEGRITY.map(({ keyword }) => keyword);
const whole: DataPlaneCapabilities = { esp: { encryption, integrity }, ah: { integrity }, unavailable: {} };

describe('capabilities', () => {
  it('a machine that can do everything has no shortcomings', () => {
    const { capabilities, shortcomings } = probeCapabilities(whole);
    expect(shortcomings).toEqual([]);
    expect(capabilities.esp).toEqual({ encryption, integrity });
    expect(capabilities.ike.encryption).toContain('aes256gcm16');
  });

  it('an algorithm that the data plane lacks is not offered, and the operator is told', () => {
    const { capabilities, shortcomings } = probeCapabilities({
      ...whole,
      esp: { encryption: ['aes128'], integrity },
      ah: { integrity: ['sha1', 'sha256', 'sha384', 'sha512'] },
    });
    expect(capabilities.esp.encryption).toEqual(['aes128']);
    expect(capabilities.ah.integrity).not.toContain('md5');
    expect(shortcomings).toContain('the data plane has no 3des for ESP; it is not offered');
    expect(shortcomings).toContain('the data plane has no md5 for AH; it is not offered');
    expect(shortcomings).toHaveLength(encryption.length);
  });

  it('a kernel without ESP: everything is offered, so that tunnels fail with the kernel as the reason', () => {
    const reason = 'the kernel refuses every ESP SA; for cbc(des3_ede) with hmac(md5): EPROTONOSUPPORT';
    const { capabilities, shortcomings } = probeCapabilities({
      ...whole,
      esp: { encryption: [], integrity: [] },
      unavailable: { esp: reason },
    });
    expect(capabilities.esp).toEqual({ encryption, integrity });
    expect(shortcomings).toEqual([`${reason}; tunnels that need it will fail`]);
  });
});

describe('key exchanges that nobody has asked for', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are tested one at a time, and what does not work is told at the end', () => {
    const tested: string[] = [];
    const tests = new KeyExchangeTests((kind, name) => {
      tested.push(name);
      if (name === 'modp768') throw new RangeError('not here');
      return workingProvider(kind, name);
    });
    const told: string[] = [];
    testWhenIdle(tests, (text) => told.push(text));
    expect(tests.includes('ecp256')).toBe(true);
    vi.advanceTimersByTime(2_000);
    expect(tested).toHaveLength(3);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(tested.toSorted()).toEqual(KEY_EXCHANGE.map(({ keyword }) => keyword).toSorted());
    expect(told).toEqual(['modp768 failed its self-test and is not offered: not here']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are left alone when the daemon ends', () => {
    testWhenIdle(new KeyExchangeTests(), () => undefined)();
    expect(vi.getTimerCount()).toBe(0);
  });
});
