import { symmetricSelfTest } from '../crypto/self-test.ts';
import type { DataPlaneCapabilities } from '../sa/data-plane.ts';

/** ESP and AH here are made of the primitives that IKE uses: what gives the known answer there, works here. */
export function espCapabilities(): DataPlaneCapabilities {
  const { encryption, integrity } = symmetricSelfTest().working;
  return { esp: { encryption, integrity }, ah: { integrity }, unavailable: {} };
}
