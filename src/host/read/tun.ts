import { NativeError } from '../../native/errno.ts';
import { TunDevice } from '../../native/tun.ts';
import type { HostFacts } from '../facts.ts';

/** Whether there is a TUN device to be had, by trial: one is made, and gone again. */
export function readTun(): HostFacts['tun'] {
  const source = 'a TUN device, made and removed again';
  try {
    TunDevice.open().close();
    return { known: true, value: {}, source };
  } catch (error) {
    if (!(error instanceof NativeError)) throw error;
    if (error.code === 'EPERM' || error.code === 'EACCES')
      return { known: false, source, why: 'only root may make one' };
    return { known: true, value: { missing: `there is no TUN device (${error.message})` }, source };
  }
}
