import { carries, cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Every Diffie-Hellman group of both sides' tables: number, and strongSwan's keyword. */
const GROUPS: readonly (readonly [number, string])[] = [
  [1, 'modp768'],
  [2, 'modp1024'],
  [5, 'modp1536'],
  [14, 'modp2048'],
  [15, 'modp3072'],
  [16, 'modp4096'],
  [17, 'modp6144'],
  [18, 'modp8192'],
  [19, 'ecp256'],
  [20, 'ecp384'],
  [21, 'ecp521'],
  [24, 'modp2048s256'],
  [31, 'curve25519'],
];

export default GROUPS.map(([group, keyword], index) => {
  const initiates = index % 2 === 0;
  const options = {
    ike: { dhGroup: group },
    ipsec: { pfs: group },
    start: initiates ? 'initiate' : 'respond',
  } as const;
  return {
    name: `${group}-${keyword}`,
    title: `key exchange and PFS with group ${group}, ${initiates ? 'Cygnet' : 'strongSwan'} initiating`,
    rfc: ['RFC 7296 §3.4', 'RFC 6989 §2'],
    topology: direct,
    a: { cygnet: cygnet(undefined, options) },
    b: { strongswan: swanctl(mirrored(), { ike: `aes128-sha1-${keyword}`, esp: `aes128-sha1-${keyword}` }) },
    steps: [
      ...(initiates ? [] : [{ do: 'up', on: 'b' } as const]),
      { expect: 'connected', on: 'both' },
      { expect: 'status', on: 'a', contains: { ike: { proposal: `aes128-sha1-${keyword}` } } },
      ...carries(),
    ],
  };
}) satisfies readonly Scenario[];
