import { beforeEach, describe, expect, it } from 'vitest';
import { ENCRYPTION, INTEGRITY } from '../crypto/algorithms.ts';
import { NativeError } from '../native/errno.ts';
import { NetlinkClient } from '../netlink/netlink-client.ts';
import { probeCapabilities } from './capability-probe.ts';
import { FakeKernel } from './testing/fake-kernel.ts';

const EPROTONOSUPPORT = 93;
const ENOSYS = 38;
const ALL = INTEGRITY.map(({ keyword }) => keyword);

let kernel: FakeKernel;

beforeEach(() => {
  kernel = new FakeKernel();
});

describe('capability probe', () => {
  it('a kernel that takes everything: all of the tables, and nothing stays', () => {
    const { esp, ah, unavailable } = probe();
    expect(esp).toEqual({ encryption: ENCRYPTION.map(({ keyword }) => keyword), integrity: ALL });
    expect(ah).toEqual({ integrity: ALL });
    expect(unavailable).toEqual({});
    expect(kernel.sas.size).toBe(0);
  });

  it('an algorithm that is refused is not listed; the others are', () => {
    kernel.refuse = (name, payload) => (name === 'NEWSA' && /des3|md5/.test(text(payload)) ? ENOSYS : undefined);
    const { esp, ah, unavailable } = probe();
    expect(esp.encryption).toEqual(ENCRYPTION.map(({ keyword }) => keyword).filter((keyword) => keyword !== '3des'));
    expect(esp.integrity).toEqual(ALL.filter((keyword) => keyword !== 'md5'));
    expect(ah.integrity).toEqual(ALL.filter((keyword) => keyword !== 'md5'));
    expect(unavailable).toEqual({});
  });

  it('a kernel without ESP says so in words', () => {
    const ESP = 50;
    kernel.refuse = (name, payload) => (name === 'NEWSA' && payload[76] === ESP ? EPROTONOSUPPORT : undefined);
    const { esp, ah, unavailable } = probe();
    expect(esp).toEqual({ encryption: [], integrity: [] });
    expect(ah.integrity).toEqual(ALL);
    expect(unavailable).toEqual({ esp: 'the kernel refuses every ESP SA; for aes128-sha1: EPROTONOSUPPORT' });
  });

  it("somebody else's SA in the place of the trial stays, and the next SPI is tried", () => {
    const original = probe();
    let planted = false;
    kernel.refuse = (name, payload) => {
      if (name === 'NEWSA' && !planted) {
        planted = true;
        const key = Buffer.from(payload.subarray(56, 77)).toString('hex');
        kernel.sas.set(key, payload);
      }
      return undefined;
    };
    expect(probe()).toEqual(original);
    expect(kernel.sas.size).toBe(1);
  });

  it('a socket that fails is a reason like any other', () => {
    const port = {
      ...kernel.port(),
      request: () => {
        throw new NativeError('send netlink', 1);
      },
    };
    expect(probeCapabilities(new NetlinkClient(port)).unavailable.ah).toContain('EPERM');
  });
});

function probe() {
  return probeCapabilities(new NetlinkClient(kernel.port()));
}

function text(payload: Uint8Array): string {
  return Buffer.from(payload).toString('latin1');
}
