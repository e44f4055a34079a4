import { FROM_A, type Link } from './presets.ts';

const more = Array.from({ length: 19 }, (_, index) => index + 1);

/** Twenty segments a side; the hosts of the lab are in the first of them. */
export const TWENTY_BY_TWENTY: Link = {
  ...FROM_A,
  localSubnets: [...FROM_A.localSubnets, ...more.map((n) => `10.1.${n}.0/24`)],
  remoteSubnets: [...FROM_A.remoteSubnets, ...more.map((n) => `10.2.${n}.0/24`)],
};
