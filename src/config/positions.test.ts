import { describe, expect, it } from 'vitest';
import type { Configuration } from './configuration.ts';
import { locate } from './positions.ts';
import { loadText, tunnelText } from './testing/load-text.ts';

/** `line:column`, and whether the key is written there. */
function placeOf(configuration: Configuration, ways: readonly string[]): string {
  const [tunnel] = configuration.tunnels;
  const place = tunnel === undefined ? undefined : locate(configuration, tunnel, ways);
  if (place === undefined) return 'nowhere';
  return `${place.key} ${place.line}:${place.column}${place.written ? '' : ' unset'}`;
}

const IKE = 'ike: {dhGroup: 14}\nipsec:\n      proposals: [aes128-sha1]';

describe('where a key of the configuration stands', () => {
  const configuration = loadText(tunnelText(IKE));
  const lines = tunnelText(IKE).split('\n');
  const lineOf = (text: string) => lines.findIndex((line) => line.includes(text)) + 1;

  it('is the place of its value', () => {
    expect(placeOf(configuration, ['ike.dhGroup'])).toBe(`tunnels.t.ike.dhGroup ${lineOf('dhGroup')}:20`);
  });

  it('is that of the way in which it is said', () => {
    const line = lineOf('proposals');
    expect(placeOf(configuration, ['ipsec.pfs', 'ipsec.proposals'])).toBe(`tunnels.t.ipsec.proposals ${line}:22`);
  });

  it('is that of the tunnel, where it is not said at all', () => {
    expect(placeOf(configuration, ['dpd'])).toBe(`tunnels.t.dpd ${lineOf('  t:')}:3 unset`);
  });

  it('may be that of the peer or the gateway', () => {
    expect(placeOf(configuration, ['peer.address'])).toBe(`peers.there.address ${lineOf('peers:')}:26`);
    expect(placeOf(configuration, ['gateway.address'])).toBe(`gateways.gw.address ${lineOf('gateways:')}:26`);
    expect(placeOf(configuration, ['peer'])).toBe(`tunnels.t.peer ${lineOf('peer: there')}:11`);
  });

  it('follows aliases', () => {
    const text = tunnelText('ike: &i {dhGroup: 14}').replace(
      '  t:',
      '  first: {gateway: gw, peer: named, local: {subnets: [10.8.0.0/16]}, remote: {subnets: [10.9.0.0/16]}, psk: abcdefghijklmnopqrstuvwxyz, ike: &j {dhGroup: 15}}\n  t:',
    );
    expect(placeOf(loadText(text), ['ike.dhGroup'])).toMatch(/^tunnels\.first\.ike\.dhGroup \d+:\d+$/);
  });
});
