import { describe, expect, it } from 'vitest';
import { connection, errorsOf, NET, type Plain, read } from './testing/load-connection.ts';

// biome-ignore format: one setting, one row
const REFUSED: readonly (readonly [Plain, Plain, string])[] = [
  [{ encapp: 'yes' }, {}, 'connection idc, encapp: unknown key; did you mean encap?'],
  [{}, { local_tss: 'x' }, 'connection idc, children.net.local_tss: unknown key; did you mean local_ts?'],
  [{}, { local_ts: '10.0.0.1/33' }, 'connection idc, children.net.local_ts: "10.0.0.1/33" is no subnet; write it as in 10.0.0.0/16'],
  [{}, { updown: '/bin/true | cat' }, 'connection idc, children.net.updown: no shell runs it: write a program and its arguments, without quotes and the like'],
  [{}, { updown: 'true' }, 'connection idc, children.net.updown: "true" is no absolute path; no shell looks for it, as in [/usr/local/bin/tell, idc]'],
  [{}, { mark_in: '42/7' }, 'connection idc, children.net.mark_in: 42/7 has bits outside of its mask, so that no packet would ever have this mark'],
  [{}, { mark_in_sa: 'perhaps' }, 'connection idc, children.net.mark_in_sa: is one of yes and no'],
  [{ vips: ['0.0.0.0'] }, {}, 'connection idc, vips: not supported: virtual addresses are not supported; routes need none'],
  [{ local: { auth: 'pubkey' } }, {}, 'connection idc, local.auth: certificates are not supported: tunnels here have pre-shared keys; set the peer up with one'],
  [{ remote: { auth: 'eap-md5' } }, {}, 'connection idc, remote.auth: EAP and XAUTH are not supported: tunnels here have pre-shared keys and nothing else'],
  [{ remote: { auth: 'psk', id: 'c*@example.org' } }, {}, 'connection idc, remote.id: "c*@example.org" is no pattern of identities; write one such as "*@example.com" or "*.example.com"'],
  [{ remote: { id: 'x' } }, {}, 'connection idc, remote: remote.auth is not written, and its default is certificates; write auth = psk'],
  [{ mobike: 'maybe' }, {}, 'connection idc, mobike: is one of yes and no'],
  [{ unique: 'perhaps' }, {}, 'connection idc, unique: is one of no, never, keep and replace'],
  [{ unique: 'keep', version: '1' }, {}, 'connection idc, unique: keep is of IKEv2 only; remove it, or set ike.version to 2'],
  [{ remote_addrs: ['203.0.113.0/33'] }, {}, 'connection idc, remote_addrs: "203.0.113.0/33" is neither an IP address nor a DNS name; for a peer of any address write 0.0.0.0'],
  [{}, { close_action: 'stop' }, 'connection idc, children.net.close_action: is one of none, clear, trap, hold, start and restart'],
  [{}, { local_ts: '0.0.0.0/0', remote_ts: '0.0.0.0/0' }, 'connection idc, children.net.remote_ts: 0.0.0.0/0 overlaps the local segment 0.0.0.0/0'],
  [{}, { rekey_time: '2h', life_time: '1h' }, 'connection idc, children.net.rekey_time: 2h is not less than ipsec.lifetime'],
  [{ locl: { auth: 'psk' } }, {}, 'connection idc, locl: unknown section'],
  [{}, { inner: {} }, 'connection idc, children.net.inner: unknown section'],
  [{ children: { 'a/b': NET } }, {}, 'connection idc, children.a/b: is no name; use up to 63 printable ASCII characters without blanks, / and #'],
  [{ proposals: 'rot13' }, {}, 'connection idc, proposals: "rot13" has a word that is no algorithm ("rot13")'],
];

describe('what is refused, and why', () => {
  it.each(REFUSED)('%j %j', (more, net, expected) => {
    expect(errorsOf(connection(more, net))).toEqual([expected]);
  });

  it('bytes that are no text', () => {
    const given = new Map([...connection(), ['version', Uint8Array.of(0xff)] as const]);
    expect(errorsOf(given)[0]).toBe('connection idc, version: is no text of one line');
  });
});

describe('what asks for nothing that would be missed is taken silently', () => {
  it.each([
    [{ send_cert: 'always', send_certreq: 'no', fragmentation: 'force', pull: 'yes', ocsp: 'reply' }, {}],
    [
      { local_port: '500', dscp: '000000', if_id_in: '0', keyingtries: '0' },
      { mark_in: '0', hw_offload: 'auto', copy_df: 'yes' },
    ],
    [
      { unique: 'replace', version: '2' },
      { close_action: 'trap', start_action: 'trap|start' },
    ],
    [{}, { rand_time: '1m', replay_window: '64', ipcomp: 'yes', hostaccess: 'yes', policies: 'yes' }],
  ])('%j %j', (more, net) => {
    const result = read(connection(more, net));
    expect('errors' in result ? result.errors : result.tunnels.map(({ name }) => name)).toEqual(['idc/net']);
  });
});
