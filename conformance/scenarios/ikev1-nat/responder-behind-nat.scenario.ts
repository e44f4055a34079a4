import { AGGRESSIVE, carries, cygnet, direct, FROM_A, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** What stands for a is the public address; its NAT passes the ports of IKE on. */
const PUBLIC = FROM_A.local;
const behindNat = { ...FROM_A, local: '192.168.93.46' };
const topology = { a: { ...direct.a, address: behindNat.local }, b: direct.b, natOfA: PUBLIC };

const rfc = ['RFC 3947 §3', 'RFC 3947 §4', 'RFC 3948 §2'];
const IN_UDP = { expect: 'captured', filter: 'udp port 4500 and udp[8:4] != 0', atLeast: 12 } as const;

export default [MAIN, AGGRESSIVE].flatMap((version) => [
  {
    name: `cygnet-${version.mode}`,
    title: `Cygnet behind a NAT that forwards its ports answers in ${version.mode} mode; ESP travels in UDP`,
    rfc,
    topology,
    a: { cygnet: cygnet(behindNat, { ...version, start: 'respond', gateway: { publicAddress: PUBLIC } }) },
    b: { strongswan: swanctl(mirrored(), version) },
    steps: [
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      ...carries(),
      IN_UDP,
      {
        expect: 'status',
        on: 'a',
        contains: { ike: { nat: { local: true, remote: false } }, children: [{ encap: true }] },
      },
    ],
  },
  {
    name: `strongswan-${version.mode}`,
    title: `Cygnet initiates in ${version.mode} mode to a strongSwan behind a NAT that forwards its ports`,
    rfc,
    topology,
    a: { strongswan: swanctl(behindNat, version) },
    b: { cygnet: cygnet(mirrored(), version) },
    start: ['a', 'b'],
    steps: [
      { expect: 'connected', on: 'both' },
      ...carries(),
      IN_UDP,
      {
        expect: 'status',
        on: 'b',
        contains: { ike: { nat: { local: false, remote: true } }, children: [{ encap: true }] },
      },
    ],
  },
]) satisfies readonly Scenario[];
