import { AES_GCM, CBC_WITH_HASH } from '../../lab/algorithms.ts';
import type { Scenario } from '../../lab/scenario.ts';
import { AH_SUITES, espSuite, everySuite } from '../../lab/suites.ts';

const combined = [...AES_GCM, 'chacha20poly1305', ...['aes256gcm16', 'chacha20poly1305', 'aes128-sha256'].map(withEsn)];

function withEsn(suite: string): string {
  return `${suite}-esn`;
}

export default [
  {
    ...everySuite(CBC_WITH_HASH.map(espSuite), 'userspace'),
    name: 'cbc',
    title: 'twenty tunnels at once: each cipher in CBC mode with each hash, in userspace against the kernel',
    rfc: ['RFC 4303 §3.3', 'RFC 3602 §2', 'RFC 2451 §2', 'RFC 4868 §2.6'],
  },
  {
    ...everySuite(
      combined.map((name) => espSuite({ name, ipsec: { proposals: [`${name}-ecp256`] } })),
      'userspace',
    ),
    name: 'combined-and-esn',
    title: 'ciphers that authenticate by themselves, and extended sequence numbers, in userspace against the kernel',
    rfc: ['RFC 4106 §4', 'RFC 7634 §2', 'RFC 4303 §2.2.1'],
  },
  {
    ...everySuite(AH_SUITES, 'userspace'),
    name: 'ah',
    title: 'AH with each hash, in userspace against the kernel',
    rfc: ['RFC 4302 §3.3', 'RFC 4302 §3.4'],
  },
] satisfies readonly Scenario[];
