import { AGGRESSIVE, carries, direct, FROM_A, type Link, MAIN, swanctl, type Version1 } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Two branches behind one NAT, of which a knows neither address: only identity and key tell them apart. */
const toA = { remote: FROM_A.local, remoteId: 'hq.example.com', remoteSubnets: FROM_A.localSubnets };
const branchB: Link = {
  ...toA,
  local: '10.23.228.173',
  localId: 'north.example.net',
  localSubnets: ['10.23.0.0/16'],
  psk: 'the-key-of-the-north',
};
const branchC: Link = {
  ...toA,
  local: '10.23.228.174',
  localId: 'south.example.net',
  localSubnets: ['10.25.0.0/16'],
  psk: 'the-key-of-the-south',
};

export default [MAIN, AGGRESSIVE].map((version) => ({
  name: version.mode,
  title: `two peers of any address with keys of their own, behind one NAT, connect in ${version.mode} mode`,
  rfc: ['RFC 2409 §5.4', 'RFC 3947 §3.2'],
  topology: {
    a: direct.a,
    b: { address: branchB.local, inner: ['10.23.112.177/16'] },
    c: { address: branchC.local, inner: ['10.25.0.1/16'] },
    natOfB: '113.31.113.78',
  },
  a: { cygnet: { configuration: headquarters(version), tunnel: 'north' } },
  b: { strongswan: swanctl(branchB, version) },
  c: { strongswan: swanctl(branchC, version) },
  steps: [
    { do: 'up', on: 'b' },
    { do: 'up', on: 'c' },
    { expect: 'connected', on: 'b' },
    { expect: 'connected', on: 'c' },
    {
      expect: 'status',
      on: 'a',
      tunnel: 'north',
      contains: { connectionStatus: 'connected', ike: { remoteId: branchB.localId }, children: [{ encap: true }] },
    },
    {
      expect: 'status',
      on: 'a',
      tunnel: 'south',
      contains: { connectionStatus: 'connected', ike: { remoteId: branchC.localId }, children: [{ encap: true }] },
    },
    ...carries({ children: 2 }),
    { do: 'down', on: 'c' },
    { expect: 'nothing-installed', on: 'c' },
    { expect: 'status', on: 'a', tunnel: 'south', contains: { connectionStatus: 'waiting', children: [] } },
    { expect: 'status', on: 'a', tunnel: 'north', contains: { connectionStatus: 'connected' } },
  ],
})) satisfies readonly Scenario[];

function headquarters(ike: Version1): object {
  const tunnelTo = ({ localId, localSubnets, psk }: Link) => ({
    gateway: 'gw1',
    peer: 'any',
    local: { id: toA.remoteId, subnets: toA.remoteSubnets },
    remote: { id: localId, subnets: localSubnets },
    psk,
    ike,
  });
  return {
    version: 1,
    gateways: { gw1: { address: FROM_A.local } },
    peers: { any: { address: '0.0.0.0' } },
    tunnels: { north: tunnelTo(branchB), south: tunnelTo(branchC) },
  };
}
