import { describe, expect, it } from 'vitest';
import { NativeError } from '../native/errno.ts';
import { startFailureText } from './start-failure.ts';

describe('why the daemon could not start', () => {
  it.each([
    ['bind', 98, /^UDP 500 or 4500 is in use.*\(bind: EADDRINUSE\)$/],
    ['bind', 13, /CAP_NET_BIND_SERVICE.*\(bind: EACCES\)$/],
    ['setsockopt IP_XFRM_POLICY', 1, /CAP_NET_ADMIN.*\(setsockopt IP_XFRM_POLICY: EPERM\)$/],
    ['socket', 93, /no IPsec user interface.*\(socket: EPROTONOSUPPORT\)$/],
    ['setsockopt UDP_ENCAP', 92, /no IPsec user interface.*\(setsockopt UDP_ENCAP: ENOPROTOOPT\)$/],
    ['bind', 99, /^the system refused: bind: EADDRNOTAVAIL$/],
  ])('%s, errno %i', (call, errno, text) => {
    expect(startFailureText(new NativeError(call, errno))).toMatch(text);
  });

  it('other errors speak for themselves', () => {
    expect(startFailureText(new Error('another daemon already listens on /run/x'))).toBe(
      'another daemon already listens on /run/x',
    );
  });
});
