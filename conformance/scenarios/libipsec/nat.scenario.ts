import { BY_LIBIPSEC, IN_USERSPACE, VERSIONS } from '../../lab/libipsec.ts';
import { BEHIND_NAT_A, BEHIND_NAT_B, IN_UDP, NAT_OF_A, NAT_OF_B } from '../../lab/nat.ts';
import { carries, cygnet, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

const rfc = ['RFC 3948 §2', 'RFC 7296 §2.23', 'RFC 3947 §4'];
const steps: readonly Step[] = [{ expect: 'connected', on: 'both' }, ...carries(), IN_UDP];

export default VERSIONS.flatMap(({ name: version, options }): readonly Scenario[] => {
  const ours = { ...options, ...IN_USERSPACE };
  const theirs = { ...options, ...BY_LIBIPSEC };
  return [
    {
      name: `${version}-cygnet-behind`,
      title: `Cygnet, carrying its packets itself, initiates from behind a NAT in ${version}`,
      rfc,
      topology: NAT_OF_B,
      a: { strongswan: swanctl(FROM_A, theirs) },
      b: { cygnet: cygnet(BEHIND_NAT_B, { ...ours, gateway: { publicAddress: FROM_A.remote } }) },
      start: ['a', 'b'],
      steps,
    },
    {
      name: `${version}-strongswan-behind`,
      title: `strongSwan, carrying its packets itself, initiates from behind a NAT in ${version}`,
      rfc,
      topology: NAT_OF_B,
      a: { cygnet: cygnet(FROM_A, { ...ours, start: 'respond' }) },
      b: { strongswan: swanctl(BEHIND_NAT_B, theirs) },
      steps: [{ do: 'up', on: 'b' }, ...steps],
    },
    {
      name: `${version}-cygnet-answers`,
      title: `Cygnet, carrying its packets itself, answers behind a NAT that forwards its ports in ${version}`,
      rfc,
      topology: NAT_OF_A,
      a: { cygnet: cygnet(BEHIND_NAT_A, { ...ours, start: 'respond', gateway: { publicAddress: FROM_A.local } }) },
      b: { strongswan: swanctl(mirrored(), theirs) },
      steps: [{ do: 'up', on: 'b' }, ...steps],
    },
  ];
}) satisfies readonly Scenario[];
