import { cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario, Topology } from '../../lab/scenario.ts';

const withClient: Topology = { ...direct, a: { ...direct.a, client: '10.0.192.33/20' } };

/** The kernel's policies see to it; userspace has no say in what does not come by its TUN. */
export default [
  { name: 'to-gateway', topology: direct, whom: 'the gateway itself' },
  { name: 'to-host', topology: withClient, whom: 'a host behind it' },
].map(({ name, topology, whom }) => ({
  name,
  title: `what comes in clear, as from the peer's segment, does not reach ${whom} while the tunnel is up`,
  rfc: ['RFC 4301 §5.2'],
  topology,
  a: { cygnet: cygnet() },
  b: { strongswan: swanctl(mirrored()) },
  steps: [{ expect: 'connected', on: 'both' }, { expect: 'pings' }, { expect: 'sealed' }, { expect: 'kept-out' }],
})) satisfies readonly Scenario[];
