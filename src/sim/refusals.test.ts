import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import { MINUTE } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { PRESETS } from './conditions.ts';
import { expectInOrder, expectNothingInstalled, installedChildren } from './invariants.ts';
import { CorePair, reasonsOf } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { CHEAP_ESP, CHEAP_IKE, fqdn } from './tunnels.ts';

type Refusal = {
  readonly rule: string;
  readonly right: Partial<TunnelPolicy>;
  readonly event: 'ike.failed' | 'child.failed';
  /** What the initiator says. */
  readonly reason: string;
};

const REMOTE = { address: { kind: 'address', address: '192.0.2.1' } } as const;
const LEFT_SEGMENT = selectorFromPrefix({ address: '10.1.0.0', length: 16 });
const RIGHT_SEGMENT = selectorFromPrefix({ address: '10.2.0.0', length: 16 });

const REFUSALS: readonly Refusal[] = [
  {
    rule: 'another pre-shared key',
    right: { psk: new Secret(utf8('other')) },
    event: 'ike.failed',
    reason: 'authentication-failed',
  },
  {
    rule: 'the responder expects another identity of the initiator',
    right: { remote: { ...REMOTE, identity: fqdn('elsewhere.example'), selectors: [LEFT_SEGMENT] } },
    event: 'ike.failed',
    reason: 'authentication-failed',
  },
  {
    rule: 'the responder has another identity than the initiator expects',
    right: { local: { address: '198.51.100.1', identity: fqdn('elsewhere.example'), selectors: [RIGHT_SEGMENT] } },
    event: 'ike.failed',
    reason: 'peer-identity-mismatch',
  },
  {
    rule: 'no IKE proposal in common',
    right: { ikeProposals: [{ ...CHEAP_IKE, encryption: ['aes256'] }] },
    event: 'ike.failed',
    reason: 'no-proposal-chosen',
  },
  {
    rule: 'no key exchange method in common',
    right: { ikeProposals: [{ ...CHEAP_IKE, keyExchange: ['modp1024'] }] },
    event: 'ike.failed',
    reason: 'no-proposal-chosen',
  },
  {
    rule: 'no Child SA proposal in common',
    right: { childProposals: [{ ...CHEAP_ESP, integrity: ['sha512'] }] },
    event: 'child.failed',
    reason: 'no-proposal-chosen',
  },
  {
    rule: 'other segments on both sides',
    right: {
      remote: {
        ...REMOTE,
        identity: { type: 'ipv4', address: '192.0.2.1' },
        selectors: [selectorFromPrefix({ address: '172.16.0.0', length: 16 })],
      },
    },
    event: 'child.failed',
    reason: 'traffic-selectors-unacceptable',
  },
];

describe('what cannot be agreed installs nothing on either side', () => {
  it.each(REFUSALS)('$rule', ({ right, event, reason }) => {
    forEachSeed(20, (seed) => {
      const network = seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10;
      const pair = new CorePair({ seed, network, right: { policy: right } });
      pair.initiate(pair.left);
      pair.world.runUntil('refused', () => reasonsOf(pair.left, event).length > 0, 5 * MINUTE);
      if (network === PRESETS.calm && reasonsOf(pair.left, event)[0] !== reason)
        pair.world.fail(`the reason is ${reasonsOf(pair.left, event)}, not ${reason}`);
      pair.world.run(5 * MINUTE);
      expectInOrder(pair.world);
      for (const gateway of [pair.left, pair.right]) {
        expectNothingInstalled(pair.world, gateway);
        expect(installedChildren(gateway)).toEqual([]);
      }
      expect(pair.exchangePackets()).toEqual(['blocked', 'blocked']);
    });
  });

  it('a stage 1 refusal leaves no IKE SA on either side', () => {
    forEachSeed(20, (seed) => {
      const pair = new CorePair({ seed, right: { policy: { psk: new Secret(utf8('other')) } } });
      pair.initiate(pair.left);
      pair.world.run(5 * MINUTE);
      expect([pair.left.machine.views(), pair.right.machine.views()]).toEqual([[], []]);
      expect([pair.left.timers.size, pair.right.timers.size]).toEqual([0, 0]);
    });
  });
});

describe('narrowing (RFC 7296 §2.9)', () => {
  it('both sides end with the intersection', () => {
    const wide = [
      selectorFromPrefix({ address: '10.1.0.0', length: 16 }),
      selectorFromPrefix({ address: '172.16.0.0', length: 24 }),
    ];
    const pair = new CorePair({
      seed: 1,
      left: {
        policy: {
          local: { address: '192.0.2.1', identity: { type: 'ipv4', address: '192.0.2.1' }, selectors: wide },
        },
      },
    });
    pair.connect();
    expect(installedChildren(pair.right).map(({ remoteSelectors }) => remoteSelectors)).toEqual([[LEFT_SEGMENT]]);
    expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
  });
});
