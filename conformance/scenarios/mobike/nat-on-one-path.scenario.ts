import { carries, cygnet, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

/** Only the first of the two addresses is translated on its way. */
const TRANSLATED = '192.168.93.46';
const PLAIN = '192.168.93.47';
const PUBLIC = '106.75.234.78';

const topology = {
  a: { address: TRANSLATED, inner: ['10.0.192.32/20'] },
  b: { address: '113.31.113.78', inner: ['10.23.112.177/16'] },
  natOfA: PUBLIC,
};
const link = {
  local: TRANSLATED,
  remote: topology.b.address,
  localId: PUBLIC,
  remoteId: topology.b.address,
  localSubnets: ['10.0.192.0/20'],
  remoteSubnets: ['10.23.0.0/16'],
  psk: 'test.1231',
};
const fromB = { ...mirrored(link), remote: PUBLIC };

/** Out of the translation and into it again, as Cygnet on one of the sides tells it. */
function thereAndBack(on: 'a' | 'b'): readonly Step[] {
  const seen = (encap: boolean): Step => ({
    expect: 'status',
    on,
    contains: {
      ike: { nat: on === 'a' ? { local: encap, remote: false } : { local: false, remote: encap } },
      children: [{ encap }],
    },
  });
  return [
    { expect: 'connected', on: 'both' },
    seen(true),
    ...carries(),
    { do: 'remember-spis' },
    { do: 'move', on: 'a', to: PLAIN },
    seen(false),
    { expect: 'same-spis' },
    { expect: 'pings' },
    { expect: 'captured', filter: `esp and src host ${PLAIN}`, atLeast: 3 },
    { do: 'move', on: 'a', to: TRANSLATED },
    seen(true),
    { expect: 'same-spis' },
    { expect: 'pings' },
    { expect: 'spis', of: 'ike', are: 'same' },
    { expect: 'spis', of: 'children', are: 'same' },
    { expect: 'sealed' },
  ];
}

export default [
  {
    name: 'cygnet',
    title: 'Cygnet moves out of a NAT and behind it again: ESP leaves UDP and goes back into it, under the same SAs',
    rfc: ['RFC 4555 §3.5'],
    topology,
    a: { cygnet: cygnet(link, { gateway: { address: [TRANSLATED, PLAIN] } }) },
    b: { strongswan: swanctl(fromB) },
    steps: thereAndBack('a'),
  },
  {
    name: 'strongswan',
    title: 'strongSwan moves out of a NAT and behind it again: Cygnet takes ESP out of UDP and puts it back',
    rfc: ['RFC 4555 §3.5'],
    topology,
    a: { strongswan: swanctl(link, { connection: { local_addrs: '%any' } }) },
    b: { cygnet: cygnet(fromB, { start: 'respond' }) },
    steps: [{ do: 'up', on: 'a' }, ...thereAndBack('b')],
  },
] satisfies readonly Scenario[];
