import { BY_LIBIPSEC, IN_USERSPACE } from '../../lab/libipsec.ts';
import { carries } from '../../lab/presets.ts';
import { inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default ['aes128gcm16', 'aes128-sha1'].map((suite) => ({
  ...inRole('initiator', {
    title: `packets of ${suite} that come twice or were changed are dropped and counted, and move nothing`,
    rfc: ['RFC 4303 §3.4.3', 'RFC 4303 §3.4.4', 'RFC 7296 §2.23'],
    cygnet: { ...IN_USERSPACE, ipsec: { proposals: [`${suite}-modp1024`] } },
    strongswan: { ...BY_LIBIPSEC, esp: `${suite}-modp1024` },
    steps: [
      ...carries(),
      // From another address, which only an authentic packet may make the peer's.
      { do: 'resend', towards: 'a', as: 'seen', count: 3 },
      { expect: 'refused-packets', on: 'a', counter: 'XfrmInStateSeqError', atLeast: 3 },
      { do: 'resend', towards: 'a', as: 'changed', count: 3 },
      { expect: 'refused-packets', on: 'a', counter: 'XfrmInStateProtoError', atLeast: 3 },
      { expect: 'counters', packets: 6 },
      { expect: 'pings' },
      { expect: 'connected', on: 'both' },
      { expect: 'sealed' },
    ],
  }),
  name: suite,
})) satisfies readonly Scenario[];
