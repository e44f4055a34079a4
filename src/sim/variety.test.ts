import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { MINUTE, SECOND } from '../base/time.ts';
import { IkeCore } from '../ike/core.ts';
import type { Identity } from '../sa/identity.ts';
import type { Proposal } from '../sa/proposal.ts';
import { PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import type { SimGateway } from './gateway.ts';
import { expectAgreement, expectInOrder, installedChildren, stepChecks } from './invariants.ts';
import { CorePair, command, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import type { Side } from './tunnels.ts';
import { CHEAP_ESP, CHEAP_IKE, EVERYTHING, fqdn, LEFT, RIGHT, tunnelPolicy } from './tunnels.ts';
import { SimWorld } from './world.ts';

const AEAD_IKE: Proposal = { ...CHEAP_IKE, encryption: ['aes256gcm16'], integrity: [], prf: ['prfsha384'] };
const AEAD_ESP: Proposal = { ...CHEAP_ESP, encryption: ['aes256gcm16'], integrity: [] };
const CHACHA_IKE: Proposal = { ...AEAD_IKE, encryption: ['chacha20poly1305'], prf: ['prfsha256'] };
const CHACHA_ESP: Proposal = { ...AEAD_ESP, encryption: ['chacha20poly1305'], esn: [true] };
const LEGACY_IKE: Proposal = {
  ...CHEAP_IKE,
  encryption: ['3des'],
  integrity: ['md5'],
  prf: ['prfmd5'],
  keyExchange: ['modp1024'],
};
const LEGACY_ESP: Proposal = { ...CHEAP_ESP, encryption: ['3des'], integrity: ['sha1'] };
const AH: Proposal = { ...CHEAP_ESP, protocol: 'ah', encryption: [], integrity: ['sha512'] };

const SUITES: readonly { readonly name: string; readonly ike: Proposal; readonly child: Proposal }[] = [
  { name: 'AES-GCM with ECP', ike: { ...AEAD_IKE, keyExchange: ['ecp256'] }, child: AEAD_ESP },
  { name: 'ChaCha20 with extended sequence numbers', ike: CHACHA_IKE, child: CHACHA_ESP },
  { name: 'the old ones', ike: LEGACY_IKE, child: LEGACY_ESP },
  { name: 'AH', ike: CHEAP_IKE, child: AH },
];

describe('algorithms and identities', () => {
  it.each(SUITES)('$name: both sides have the same keys', ({ ike, child }) => {
    forEachSeed(10, (seed) => {
      const policy = {
        ikeProposals: [ike],
        childProposals: [child],
        childProtocol: child.protocol === 'ah' ? 'ah' : 'esp',
      } as const;
      const pair = new CorePair({ seed, network: PRESETS.lossy10, left: { policy }, right: { policy } });
      pair.connect();
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('several proposals: the first of the responder that the initiator offers too', () => {
    const pair = new CorePair({
      seed: 1,
      left: { policy: { ikeProposals: [LEGACY_IKE, CHEAP_IKE, AEAD_IKE], childProposals: [AEAD_ESP, CHEAP_ESP] } },
      right: { policy: { ikeProposals: [AEAD_IKE, CHEAP_IKE], childProposals: [CHEAP_ESP] } },
    });
    pair.connect();
    expect(pair.left.machine.views()[0]?.suite).toEqual(pair.right.machine.views()[0]?.suite);
    expect(installedChildren(pair.left)[0]?.suite).toMatchObject({ encryption: 'aes128', integrity: 'sha256' });
  });

  const IDENTITIES: readonly Identity[] = [
    fqdn('left.example.net'),
    { type: 'rfc822', name: 'vpn@left.example.net' },
    { type: 'keyid', bytes: utf8('left 1') },
    { type: 'ipv6', address: '2001:db8::1' },
    { type: 'ipv4', address: '10.255.255.1' },
  ];
  it.each(IDENTITIES)('identity of type $type', (identity) => {
    const pair = new CorePair({ seed: 1, left: { side: { ...LEFT, identity } } });
    pair.connect();
    expect(pair.right.machine.views()[0]?.remoteId).toEqual(identity);
  });

  it('over IPv6', () => {
    forEachSeed(20, (seed) => {
      const pair = new CorePair({
        seed,
        network: PRESETS.lossy10,
        left: { side: { ...LEFT, address: '2001:db8::1' } },
        right: { side: { ...RIGHT, address: '2001:db8:1::1' } },
      });
      pair.connect();
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });
});

describe('a hub with several spokes', () => {
  const spokes = [1, 2, 3, 4, 5].map(
    (n): Side => ({
      address: `203.0.113.${n}`,
      identity: fqdn(`spoke${n}.example`),
      segments: [{ address: `10.${100 + n}.0.0`, length: 16 }],
    }),
  );
  const hub: Side = { ...RIGHT, identity: fqdn('hub.example') };

  it('each spoke gets its own tunnel, and losing one leaves the others alone', () => {
    forEachSeed(20, (seed) => {
      const nameOf = (index: number) => `spoke${index + 1}`;
      const core = (tunnels: readonly ReturnType<typeof tunnelPolicy>[]) => ({
        build: (entropy: ConstructorParameters<typeof IkeCore>[0]['entropy']) =>
          new IkeCore({ entropy, capabilities: EVERYTHING, tunnels }),
      });
      const world = new SimWorld({
        seed,
        network: seed % 2 === 0 ? PRESETS.calm : PRESETS.reordering,
        checks: stepChecks(),
        gateways: [
          {
            name: 'hub',
            address: hub.address,
            ...core(spokes.map((spoke, index) => tunnelPolicy(hub, spoke, { name: nameOf(index) }))),
          },
          ...spokes.map((spoke, index) => ({
            name: nameOf(index),
            address: spoke.address,
            ...core([tunnelPolicy(spoke, hub, { name: nameOf(index) })]),
          })),
        ],
      });
      const [center, ...around] = world.gateways;
      if (center === undefined) throw new Error('the hub is the first gateway');
      const carrying = () => installedChildren(center).length;
      for (const spoke of around) command(spoke, { kind: 'initiate', tunnel: spoke.name });
      world.runUntil('all connected', () => carrying() === spokes.length && world.idle, MINUTE);
      const [first] = around;
      if (first === undefined) throw new Error('there are spokes');
      world.network.partition(center.address, first.address);
      world.run(30 * SECOND);
      expect(carrying()).toBe(spokes.length - 1);
      expect(countEvents(center, 'ike.closed')).toBe(1);
      expectInOrder(world);
    });
  });
});

describe('a snapshot', () => {
  it('at any moment: another core goes on where the first stood, and nobody notices', () => {
    forEachSeed(150, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed, network: dice.chance(0.5) ? PRESETS.calm : PRESETS.lossy10 });
      pair.initiate(pair.left);
      for (let n = 0; n < 6; n++) {
        pair.world.run(dice.within([0, 40]));
        handOver(pair, dice.pick([pair.left, pair.right]));
      }
      pair.connect();
      handOver(pair, pair.left);
      handOver(pair, pair.right);
      pair.world.network.conditions = PRESETS.calm;
      pair.world.run(MINUTE);
      expectAgreement(pair.world, pair.left, pair.right);
      pair.terminate(pair.right);
      pair.world.run(MINUTE);
      expect([pair.left.machine.views(), pair.right.machine.views()]).toEqual([[], []]);
    });
  });

  function handOver(pair: CorePair, gateway: SimGateway): void {
    const { machine, entropy } = gateway;
    if (!(machine instanceof IkeCore)) throw new TypeError('only a core has a state to hand over');
    const tunnels = [pair.policyOf(gateway)];
    gateway.machine = new IkeCore({ entropy, capabilities: EVERYTHING, tunnels, state: machine.snapshot() });
  }
});
