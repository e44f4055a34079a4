import { MAIN } from '../../lab/presets.ts';
import { refusals } from '../../lab/refusals.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Cygnet's group, and what strongSwan has instead. */
const rows = [
  { name: 'only-cygnet', title: 'only Cygnet wants PFS', pfs: 2, esp: 'aes128-sha1' },
  { name: 'only-strongswan', title: 'only strongSwan wants PFS', pfs: 'none', esp: 'aes128-sha1-modp1024' },
  { name: 'other-group', title: 'the groups of PFS differ', pfs: 2, esp: 'aes128-sha1-modp2048' },
];

export default rows.flatMap(({ name, title, pfs, esp }) =>
  refusals({
    name,
    title,
    rfc: ['RFC 2409 §5.5'],
    algorithms: { ...MAIN, esp },
    cygnet: { ...MAIN, ipsec: { pfs } },
    initiator: { stage: 2, code: 'no-proposal-chosen' },
    responder: { stage: 2, code: 'no-proposal-chosen' },
  }),
) satisfies readonly Scenario[];
