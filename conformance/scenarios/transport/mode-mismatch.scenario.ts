import { direct, FROM_A, MAIN } from '../../lab/presets.ts';
import { refusals } from '../../lab/refusals.ts';
import type { Scenario } from '../../lab/scenario.ts';

const hosts = { localSubnets: [`${direct.a.address}/32`], remoteSubnets: [`${direct.b.address}/32`] };
const link = { ...FROM_A, ...hosts };

export default [
  ...refusals({
    title: 'transport mode here, tunnel mode there',
    rfc: ['RFC 7296 §1.3.1'],
    configured: link,
    cygnet: { ipsec: { mode: 'transport' } },
    initiator: { stage: 2, code: 'mode-mismatch' },
  }),
  ...refusals({
    name: 'ikev1',
    title: 'transport mode in IKEv1 here, tunnel mode there',
    rfc: ['RFC 2407 §4.5'],
    configured: link,
    cygnet: { ...MAIN, ipsec: { mode: 'transport' } },
    algorithms: MAIN,
    responder: { stage: 2, code: 'mode-mismatch' },
  }),
] satisfies readonly Scenario[];
