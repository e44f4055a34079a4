import { cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario, Topology } from '../../lab/scenario.ts';

const withClient: Topology = { ...direct, a: { ...direct.a, client: '10.0.192.33/20' } };

/** The kernel's policies see to it; in userspace the reverse path filter does, as what comes past the TUN is not seen. */
export default (['kernel', 'userspace'] as const).flatMap((dataplane) =>
  [
    { name: 'to-gateway', topology: direct, whom: 'the gateway itself' },
    { name: 'to-host', topology: withClient, whom: 'a host behind it' },
  ].map(({ name, topology, whom }) => ({
    name: `${name}-${dataplane}`,
    title: `what comes in clear, as from the peer's segment, does not reach ${whom} while the tunnel is up`,
    rfc: ['RFC 4301 §5.2'],
    topology: dataplane === 'kernel' ? topology : { ...topology, reversePathFilter: 'strict' },
    a: { cygnet: cygnet(undefined, { dataplane }) },
    b: { strongswan: swanctl(mirrored()) },
    steps: [{ expect: 'connected', on: 'both' }, { expect: 'pings' }, { expect: 'sealed' }, { expect: 'kept-out' }],
  })),
) satisfies readonly Scenario[];
