import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import { MINUTE, SECOND } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { ReasonCode } from '../ike/common/reason.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { PRESETS } from './conditions.ts';
import type { SimGateway } from './gateway.ts';
import { expectInOrder, expectNothingInstalled, installedChildren } from './invariants.ts';
import { perform } from './operations.ts';
import { CorePair, reasonsOf } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { CHEAP_ESP, CHEAP_IKE, fqdn } from './tunnels.ts';

type Refusal = {
  readonly rule: string;
  readonly right: Partial<TunnelPolicy>;
  readonly event: 'ike.failed' | 'child.failed';
  /** What the initiator says. */
  readonly reason: ReasonCode;
  /** What the responder says; it may know more. */
  readonly responderReason: ReasonCode;
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
    responderReason: 'authentication-failed',
  },
  {
    rule: 'the responder expects another identity of the initiator',
    right: { remote: { ...REMOTE, identity: fqdn('elsewhere.example'), selectors: [LEFT_SEGMENT] } },
    event: 'ike.failed',
    reason: 'authentication-failed',
    responderReason: 'peer-identity-mismatch',
  },
  {
    rule: 'the responder has another identity than the initiator expects',
    right: { local: { address: '198.51.100.1', identity: fqdn('elsewhere.example'), selectors: [RIGHT_SEGMENT] } },
    event: 'ike.failed',
    reason: 'authentication-failed',
    responderReason: 'peer-identity-mismatch',
  },
  {
    rule: 'no IKE proposal in common',
    right: { ikeProposals: [{ ...CHEAP_IKE, encryption: ['aes256'] }] },
    event: 'ike.failed',
    reason: 'no-proposal-chosen',
    responderReason: 'no-proposal-chosen',
  },
  {
    rule: 'no key exchange method in common',
    right: { ikeProposals: [{ ...CHEAP_IKE, keyExchange: ['modp1024'] }] },
    event: 'ike.failed',
    reason: 'no-proposal-chosen',
    responderReason: 'no-proposal-chosen',
  },
  {
    rule: 'no Child SA proposal in common',
    right: { childProposals: [{ ...CHEAP_ESP, integrity: ['sha512'] }] },
    event: 'child.failed',
    reason: 'no-proposal-chosen',
    responderReason: 'no-proposal-chosen',
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
    responderReason: 'traffic-selectors-unacceptable',
  },
];

/** Why anything failed, whichever event said so. */
function reasons(gateway: SimGateway): string[] {
  return (['ike.failed', 'child.failed', 'auth.failed', 'peer.refused'] as const).flatMap((type) =>
    reasonsOf(gateway, type),
  );
}

describe('what cannot be agreed installs nothing on either side', () => {
  it.each(REFUSALS)('$rule', ({ right, event, reason, responderReason }) => {
    forEachSeed(20, (seed) => {
      const network = seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10;
      const pair = new CorePair({ seed, network, right: { policy: right } });
      pair.initiate(pair.left);
      pair.world.run(5 * MINUTE);
      expectInOrder(pair.world);
      for (const gateway of [pair.left, pair.right]) {
        expectNothingInstalled(pair.world, gateway);
        expect(installedChildren(gateway)).toEqual([]);
      }
      expect(pair.exchangePackets()[0]).toBe('blocked');
      // Under loss the answer may be lost for good, and the initiator then knows no more than that.
      if (network !== PRESETS.calm) return;
      expect(reasonsOf(pair.left, event)).toContain(reason);
      expect(reasons(pair.right)).toContain(responderReason);
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

describe('a peer that refuses to rekey the IKE SA', () => {
  const refused = (start: TunnelPolicy['start']) => {
    const pair = new CorePair({ seed: 1, left: { policy: { start } } });
    pair.connect(pair.right);
    const other = { ...pair.policyOf(pair.right), ikeProposals: [{ ...CHEAP_IKE, encryption: ['aes256'] as const }] };
    pair.right.input({ kind: 'command', command: { kind: 'configure', tunnels: [other] } });
    perform(pair, 'rekey the IKE SA', pair.left);
    pair.world.run(SECOND);
    return pair;
  };

  it('gets a new one from an end that may call', () => {
    const { left } = refused('initiate');
    expect(left.machine.views().map(({ role }) => role)).toContain('initiator');
    expect(texts(left)).toEqual([expect.stringMatching(/a new one is made instead$/)]);
  });

  it('is left to make one where this end only responds: the tunnel carries on until its lifetime ends', () => {
    const pair = refused('respond');
    expect(pair.left.machine.views().map(({ role }) => role)).toEqual(['responder']);
    expect(texts(pair.left)).toEqual([expect.stringMatching(/up to the peer to make a new one before this one ends$/)]);
    expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
  });
});

function texts({ events }: SimGateway): string[] {
  return events.flatMap((event) => (event.type === 'child.failed' ? [event.reason.text] : []));
}

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
