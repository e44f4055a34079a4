import { describe, expect, it } from 'vitest';
import { ENCRYPTION, INTEGRITY } from '../crypto/algorithms.ts';
import type { DataPlaneCapabilities } from '../sa/data-plane.ts';
import { probeCapabilities } from './capabilities.ts';

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
