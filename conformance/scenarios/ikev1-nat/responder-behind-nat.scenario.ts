import { BEHIND_NAT_A, IN_UDP, knowsNat, NAT_OF_A } from '../../lab/nat.ts';
import { AGGRESSIVE, carries, cygnet, FROM_A, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const common = { rfc: ['RFC 3947 §3', 'RFC 3947 §4', 'RFC 3948 §2'], topology: NAT_OF_A };

export default [MAIN, AGGRESSIVE].flatMap((version) => [
  {
    ...common,
    name: `cygnet-${version.mode}`,
    title: `Cygnet behind a NAT that forwards its ports answers in ${version.mode} mode; ESP travels in UDP`,
    a: { cygnet: cygnet(BEHIND_NAT_A, { ...version, start: 'respond', gateway: { publicAddress: FROM_A.local } }) },
    b: { strongswan: swanctl(mirrored(), version) },
    steps: [{ do: 'up', on: 'b' }, { expect: 'connected', on: 'both' }, ...carries(), IN_UDP, knowsNat('a', 'local')],
  },
  {
    ...common,
    name: `strongswan-${version.mode}`,
    title: `Cygnet initiates in ${version.mode} mode to a strongSwan behind a NAT that forwards its ports`,
    a: { strongswan: swanctl(BEHIND_NAT_A, version) },
    b: { cygnet: cygnet(mirrored(), version) },
    start: ['a', 'b'],
    steps: [{ expect: 'connected', on: 'both' }, ...carries(), IN_UDP, knowsNat('b', 'remote')],
  },
]) satisfies readonly Scenario[];
