import { AES_GCM, CBC_WITH_HASH } from '../../lab/algorithms.ts';
import { BY_LIBIPSEC } from '../../lab/libipsec.ts';
import { MAIN } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';
import { espSuite, everySuite } from '../../lab/suites.ts';

const cbc = CBC_WITH_HASH.map(espSuite);
const combined = (names: readonly string[]) =>
  names.map((name) => espSuite({ name, ipsec: { proposals: [`${name}-ecp256`] } }));

const rfc = ['RFC 4303 §3.2', 'RFC 8221 §5'];
const title = (what: string, version: string): string =>
  `${what} of ${version}, each in a tunnel of its own, between the data planes of two daemons`;

export default [
  {
    ...everySuite([...cbc, ...combined([...AES_GCM, 'chacha20poly1305'])], 'userspace', { strongswan: BY_LIBIPSEC }),
    name: 'ikev2',
    title: title('every cipher with every hash, and those that authenticate by themselves,', 'IKEv2'),
    rfc,
  },
  {
    // IKEv1 has no number for ChaCha20.
    ...everySuite([...cbc, ...combined(AES_GCM)], 'userspace', { version: MAIN, strongswan: BY_LIBIPSEC }),
    name: 'ikev1',
    title: title('every cipher with every hash, and AES-GCM,', 'IKEv1'),
    rfc,
  },
] satisfies readonly Scenario[];
