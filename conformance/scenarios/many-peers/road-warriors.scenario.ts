import { carries, direct, FROM_A, type Link, MAIN, type SwanctlOptions, swanctl } from '../../lab/presets.ts';
import type { Scenario, StrongswanSetup } from '../../lab/scenario.ts';

/** Two peers of which a knows names and keys alone; what they protect is their own addresses. */
const toA = { ...FROM_A, remote: FROM_A.local, remoteId: 'moon.example.org', remoteSubnets: FROM_A.localSubnets };
const CAROL = { localId: 'carol@example.org', localSubnets: ['dynamic'], psk: 'the-key-of-carol' };
const CAROLS_TUNNEL = `rw@${CAROL.localId}`;
const DAVE = { localId: 'dave@example.org', localSubnets: ['dynamic'], psk: 'the-key-of-dave' };

const site = (address: string) => ({ address, inner: [`${address}/32`] });
const outside = { a: direct.a, b: site('113.31.113.78'), c: site('113.31.113.90') };
const behindNat = { a: direct.a, b: site('10.23.228.173'), c: site('10.23.228.174'), natOfB: '113.31.113.78' };

const IKEV2 = { rfc: ['RFC 7296 §2.9', 'RFC 7296 §2.16'] };

export default [
  {
    ...IKEV2,
    name: 'ikev2',
    title: 'one tunnel serves two peers with a key of their own each, one of which says not whom it calls',
    topology: outside,
    a: { cygnet: { configuration: moon(['dynamic'], {}), tunnel: 'rw' } },
    b: { strongswan: swanctl({ ...toA, ...CAROL, local: outside.b.address }) },
    c: { strongswan: withoutIdr(swanctl({ ...toA, ...DAVE, local: outside.c.address })) },
    steps: [
      ...bothAreUp(outside.b.address, false),
      { do: 'remember-spis' },
      { do: 'rekey', on: 'c', what: 'children' },
      { do: 'rekey', on: 'b', what: 'ike' },
      { expect: 'pings' },
      ...daveGoes(),
      { do: 'up', on: 'c' },
      { expect: 'connected', on: 'c' },
    ],
  },
  {
    ...IKEV2,
    name: 'nat',
    title: 'one tunnel serves two peers behind one NAT, each with its private address',
    topology: behindNat,
    a: { cygnet: { configuration: moon(['10.23.228.0/24'], {}), tunnel: 'rw' } },
    b: { strongswan: swanctl({ ...toA, ...CAROL, local: behindNat.b.address }) },
    c: { strongswan: swanctl({ ...toA, ...DAVE, local: behindNat.c.address }) },
    steps: [...bothAreUp(behindNat.b.address, true), ...daveGoes()],
  },
  {
    name: 'main-mode',
    rfc: ['RFC 2409 §5.4'],
    title: 'one tunnel serves two peers in main mode, which finds the key of each before it knows who calls',
    topology: outside,
    a: { cygnet: { configuration: moon(['dynamic'], MAIN), tunnel: 'rw' } },
    b: { strongswan: v1({ ...CAROL, local: outside.b.address }) },
    c: { strongswan: v1({ ...DAVE, local: outside.c.address }) },
    steps: [...bothAreUp(outside.b.address, false), ...daveGoes()],
  },
] satisfies readonly Scenario[];

function bothAreUp(address: string, encap: boolean): Scenario['steps'] {
  return [
    { do: 'up', on: 'b' },
    { do: 'up', on: 'c' },
    { expect: 'connected', on: 'b' },
    { expect: 'connected', on: 'c' },
    {
      expect: 'status',
      on: 'a',
      tunnel: CAROLS_TUNNEL,
      contains: {
        connectionStatus: 'connected',
        template: 'rw',
        ike: { remoteId: CAROL.localId },
        children: [{ encap, remoteSubnets: [`${address}/32`] }],
      },
    },
    { expect: 'status', on: 'a', tunnel: 'rw@dave@example.org', contains: { connectionStatus: 'connected' } },
    ...carries({ children: 2 }),
  ];
}

/** What is left of it is the other one. */
function daveGoes(): Scenario['steps'] {
  return [
    { do: 'down', on: 'c' },
    { expect: 'nothing-installed', on: 'c' },
    { expect: 'sa-count', on: 'a', of: 'ike', is: 1 },
    { expect: 'status', on: 'a', tunnel: CAROLS_TUNNEL, contains: { connectionStatus: 'connected' } },
  ];
}

function moon(subnets: readonly string[], ike: object): object {
  return {
    version: 1,
    gateways: { gw1: { address: FROM_A.local } },
    peers: { anyone: { address: '0.0.0.0' } },
    tunnels: {
      rw: {
        gateway: 'gw1',
        peer: 'anyone',
        local: { id: toA.remoteId, subnets: toA.remoteSubnets },
        remote: { id: 'any', subnets },
        keys: [CAROL, DAVE].map(({ localId: id, psk }) => ({ id, psk })),
        ike,
      },
    },
  };
}

function v1(
  link: Pick<Link, 'local' | 'localId' | 'localSubnets' | 'psk'>,
  options: SwanctlOptions = MAIN,
): StrongswanSetup {
  return swanctl({ ...toA, ...link }, options);
}

/** It takes whoever has the key for the one that it calls, and sends no IDr. */
function withoutIdr(setup: StrongswanSetup): StrongswanSetup {
  const { idc } = setup.swanctl.connections as { readonly idc: object };
  return { ...setup, swanctl: { ...setup.swanctl, connections: { idc: { ...idc, remote: { auth: 'psk' } } } } };
}
