import { describe, expect, it } from 'vitest';
import { loadsOf } from './loads.ts';
import { parseOptions } from './options.ts';

describe('the options of the benchmark', () => {
  it('without any, both daemons carry both suites', () => {
    const { suites, contenders, rate, ...rest } = parseOptions([]);
    expect(suites.map(({ name }) => name)).toEqual(['aes128gcm16', 'aes128-sha1']);
    expect(contenders.map(({ name }) => name)).toEqual(['strongswan', 'cygnet', 'cygnet-in-udp']);
    expect(rate).toBeUndefined();
    expect(rest).toMatchObject({ streams: [1, 4], protocols: ['tcp', 'udp'], mtu: 1400 });
  });

  it.each([
    ['--suites=rot13', 'there is no suite rot13'],
    ['--contenders=cygnet,libreswan', 'there is no contender libreswan'],
    ['--protocols=sctp', 'tcp or udp'],
    ['--seconds=0', '--seconds takes whole numbers above 0, not 0'],
    ['--streams=1,many', '--streams takes whole numbers'],
  ])('%s is refused', (option, says) => {
    expect(() => parseOptions([option])).toThrow(says);
  });

  it('UDP packets are as large as the tunnel takes, and small', () => {
    const loads = loadsOf(1400, [1, 4], ['udp']);
    expect(loads.map(({ name }) => name)).toEqual(['UDP 1372 x1', 'UDP 1372 x4', 'UDP 64 x1', 'UDP 64 x4']);
    expect(loadsOf(1400, [2], ['tcp'])).toEqual([{ name: 'TCP x2', protocol: 'tcp', streams: 2 }]);
  });
});
