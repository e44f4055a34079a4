import { describe, expect, it } from 'vitest';
import { NativeError } from '../native/errno.ts';
import type { DataPlaneCapabilities } from '../sa/data-plane.ts';
import { chooseDataPlane, type DataPlaneOpeners } from './data-plane-choice.ts';
import { MemoryDataPlane } from './testing/memory-data-plane.ts';

const ABLE: DataPlaneCapabilities = {
  esp: { encryption: ['aes128'], integrity: ['sha1'] },
  ah: { integrity: ['sha1'] },
  unavailable: {},
};
const UNABLE: DataPlaneCapabilities = { ...ABLE, unavailable: { esp: 'the kernel refuses every ESP SA' } };

class Plane extends MemoryDataPlane {
  readonly mark = 7;
  readonly #capabilities: DataPlaneCapabilities;

  constructor(capabilities: DataPlaneCapabilities) {
    super();
    this.#capabilities = capabilities;
  }

  capabilities() {
    return this.#capabilities;
  }

  begin() {
    return 0;
  }
}

function openers(kernel: Plane | Error, userspace: Plane | Error): DataPlaneOpeners {
  return { kernel: () => open(kernel), userspace: () => open(userspace) };
}

function open(plane: Plane | Error): Plane {
  if (plane instanceof Error) throw plane;
  return plane;
}

describe('which data plane carries the packets', () => {
  it('auto is the kernel where that takes ESP', () => {
    const chosen = chooseDataPlane('auto', openers(new Plane(ABLE), new Error('not asked')));
    expect(chosen).toMatchObject({ name: 'kernel', espInUdp: { taker: 'kernel' } });
    expect(chosen.why).toBe('the kernel took ESP on trial');
  });

  it('auto is userspace where the kernel refuses ESP, which is then left alone', () => {
    const kernel = new Plane(UNABLE);
    const chosen = chooseDataPlane('auto', openers(kernel, new Plane(ABLE)));
    expect(chosen).toMatchObject({ name: 'userspace', espInUdp: { taker: 'userspace', mark: 7 } });
    expect(chosen.why).toBe('as the kernel refuses every ESP SA');
    expect(kernel.closed).toBe(true);
  });

  it('auto is userspace where the kernel has no IPsec at all', () => {
    const chosen = chooseDataPlane('auto', openers(new NativeError('socket', 93), new Plane(ABLE)));
    expect(chosen.name).toBe('userspace');
    expect(chosen.why).toContain('no IPsec user interface');
  });

  it('auto stays with a kernel that refuses where userspace cannot be had either', () => {
    const kernel = new Plane(UNABLE);
    const chosen = chooseDataPlane('auto', openers(kernel, new NativeError('open /dev/net/tun', 2)));
    expect(chosen.name).toBe('kernel');
    expect(chosen.why).toContain('open /dev/net/tun: ENOENT');
    expect(kernel.closed).toBe(false);
  });

  it('fails where neither can be had', () => {
    expect(() => chooseDataPlane('auto', openers(new NativeError('socket', 93), new Error('no TUN')))).toThrow(
      'no TUN',
    );
  });

  it.each(['kernel', 'userspace'] as const)('is what the configuration says: %s', (wanted) => {
    const chosen = chooseDataPlane(wanted, openers(new Plane(UNABLE), new Plane(UNABLE)));
    expect(chosen).toMatchObject({ name: wanted, why: 'as configured' });
  });
});
