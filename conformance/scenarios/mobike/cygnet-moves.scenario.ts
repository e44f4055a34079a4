import { carries, cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const HOME = direct.a.address;
const AWAY = '106.75.234.79';

export default {
  title: 'Cygnet, the initiator, gets another address and back: the tunnel moves with it, under the same SAs',
  rfc: ['RFC 4555 §3.3', 'RFC 4555 §3.5', 'RFC 4555 §3.7'],
  topology: direct,
  a: { cygnet: cygnet(FROM_A, { gateway: { address: [HOME, AWAY] } }) },
  b: { strongswan: swanctl(mirrored()) },
  steps: [
    { expect: 'connected', on: 'both' },
    { expect: 'status', on: 'a', contains: { ike: { local: `${HOME}:4500` } } },
    ...carries(),
    { do: 'remember-spis' },
    { do: 'move', on: 'a', to: AWAY },
    { expect: 'status', on: 'a', contains: { ike: { local: `${AWAY}:4500` }, children: [{ encap: false }] } },
    { expect: 'log', on: 'b', matches: 'UPD_SA_ADDR' },
    { expect: 'same-spis' },
    { expect: 'pings' },
    { expect: 'captured', filter: `esp and src host ${AWAY}`, atLeast: 3 },
    { expect: 'captured', filter: `esp and dst host ${AWAY}`, atLeast: 3 },
    { do: 'move', on: 'a', to: HOME },
    { expect: 'status', on: 'a', contains: { ike: { local: `${HOME}:4500` } } },
    { expect: 'same-spis' },
    { expect: 'pings' },
    { expect: 'spis', of: 'ike', are: 'same' },
    { expect: 'spis', of: 'children', are: 'same' },
    { expect: 'sealed' },
  ],
} satisfies Scenario;
