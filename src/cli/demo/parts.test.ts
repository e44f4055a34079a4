import { describe, expect, it } from 'vitest';
import { complaintsIn } from './gateway.ts';
import { refusalText } from './isolation.ts';
import { parsePing, rateText } from './measure.ts';

const ANSWERED = `PING 10.2.0.1 (10.2.0.1) from 10.1.0.1 : 56(84) bytes of data.
64 bytes from 10.2.0.1: icmp_seq=1 ttl=64 time=29.7 ms
64 bytes from 10.2.0.1: icmp_seq=2 ttl=64 time=0.721 ms
64 bytes from 10.2.0.1: icmp_seq=4 ttl=64 time=0.6 ms

--- 10.2.0.1 ping statistics ---
4 packets transmitted, 3 received, 25% packet loss, time 603ms
rtt min/avg/max/mdev = 0.600/10.34/29.7/9.222 ms
`;

describe('the parts of the demo', () => {
  it('of a ping, tells how many were answered, and after what time', () => {
    expect(parsePing(ANSWERED, 4)).toEqual({ sent: 4, answered: 3, milliseconds: 0.721 });
  });

  it('a ping that could not be sent at all has no answers', () => {
    expect(parsePing('', 1)).toEqual({ sent: 1, answered: 0, milliseconds: undefined });
    const lost = '1 packets transmitted, 0 received, 100% packet loss, time 0ms';
    expect(parsePing(lost, 1)).toEqual({ sent: 1, answered: 0, milliseconds: undefined });
  });

  it.each([
    [125_000_000, 1, '1.00 Gbit/s'],
    [100_000_000, 2, '400 Mbit/s'],
    [0, 0, '0 Mbit/s'],
  ])('%i bytes in %i s are %s', (bytes, seconds, text) => {
    expect(rateText({ bytes, seconds })).toBe(text);
  });

  it('of a daemon that fails, keeps what it complains of: warnings, errors, and what is no log at all', () => {
    const log = [
      '{"level":"info","msg":"the gateway is running"}',
      '{"level":"warn","msg":"aes128 is weak"}',
      'cygnet: no such file',
      '{"level":"error","msg":"the port 500 is taken"}',
      '',
    ];
    expect(complaintsIn(log.join('\n'))).toEqual(['aes128 is weak', 'cygnet: no such file', 'the port 500 is taken']);
  });

  it.each([
    [1000, 1, 'unshare: unshare failed: Operation not permitted', 'not root, and this machine lets nobody else'],
    [0, 1, 'unshare: unshare failed: Operation not permitted', 'as in many containers (unshare: unshare failed'],
    [0, 127, 'spawn unshare ENOENT', 'the program "unshare" is missing'],
    [0, 127, 'sh: 1: ip: not found', 'the program "ip" is missing'],
  ])('user %i, status %i, "%s": says %s', (uid, status, stderr, text) => {
    expect(refusalText(uid, status, stderr)).toContain(text);
  });
});
