import { describe, expect, it } from 'vitest';
import { formatSelector, parseSelector, type TrafficSelector } from '../sa/traffic-selector.ts';
import { CHEAP_ESP, CHEAP_IKE, LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { planBlocks } from './block-policies.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { TestGateway } from './testing/gateway.ts';
import { converse, type Pair } from './testing/pair.ts';

const selectors = (texts: readonly string[]): TrafficSelector[] => texts.flatMap((text) => parseSelector(text) ?? []);

/** Segments of one protocol, or whole ones where nothing is said, behind or at the gateways themselves. */
function ends({ left, right, upper = [''] }: Ends): { left: TunnelPolicy; right: TunnelPolicy } {
  const of = (address: string) => selectors(upper.map((one) => `${address}${one}`));
  const [ours, theirs] = [tunnelPolicy(LEFT, RIGHT, left), tunnelPolicy(RIGHT, LEFT, right)];
  const [here, there] = [of(LEFT.address), of(RIGHT.address)];
  return {
    left: { ...ours, local: { ...ours.local, selectors: here }, remote: { ...ours.remote, selectors: there } },
    right: { ...theirs, local: { ...theirs.local, selectors: there }, remote: { ...theirs.remote, selectors: here } },
  };
}

type Ends = {
  readonly left?: Partial<TunnelPolicy>;
  readonly right?: Partial<TunnelPolicy>;
  readonly upper?: readonly string[];
};

function called(given: Ends): Pair {
  const { left, right } = ends(given);
  const both = {
    left: new TestGateway(LEFT.address, { seed: 1, tunnels: [left] }),
    right: new TestGateway(RIGHT.address, { seed: 2, tunnels: [right] }),
  };
  both.left.initiate();
  converse(both);
  return both;
}

const TRANSPORT: Partial<TunnelPolicy> = { childMode: 'transport', mobike: false };
const TUNNEL: Partial<TunnelPolicy> = { mobike: false };

describe.each([1, 2] as const)('transport mode in IKEv%i', (version) => {
  it.each([
    ['ESP', {}],
    [
      'AH',
      { childProtocol: 'ah' as const, childProposals: [{ ...CHEAP_ESP, protocol: 'ah' as const, encryption: [] }] },
    ],
  ])('is agreed on for %s: SAs and policies are of it, nothing is forwarded or routed', (_, more) => {
    const both = called({ left: { ...TRANSPORT, version, ...more }, right: { ...TRANSPORT, version, ...more } });
    for (const gateway of [both.left, both.right]) {
      expect(gateway.core.children()).toMatchObject([{ mode: 'transport', state: 'installed', encap: false }]);
      expect(gateway.steps('add-sa')).toMatchObject([{ sa: { mode: 'transport' } }, { sa: { mode: 'transport' } }]);
      const policies = gateway.steps('add-policy').flatMap((step) => (step.kind === 'add-policy' ? [step.policy] : []));
      const directions = policies.map(({ direction, action, template }) => `${action} ${direction} ${template?.mode}`);
      expect(directions).toEqual(['protect in transport', 'protect out transport']);
      expect(gateway.steps('add-route')).toEqual([]);
    }
  });

  it.each([
    ['the initiator', TRANSPORT, TUNNEL],
    ['the responder', TUNNEL, TRANSPORT],
  ])('is not had where only %s wants it, and who knows why says so', (_, left, right) => {
    const both = called({ left: { ...left, version }, right: { ...right, version } });
    const told = (gateway: TestGateway) =>
      gateway.events.flatMap((event) => ('reason' in event ? [event.reason.code] : [])).at(0);
    // Who gets a refusal can only read that.
    const decides = version === 2 && left === TRANSPORT ? 'mode-mismatch' : 'no-proposal-chosen';
    expect([told(both.left), told(both.right)]).toEqual([decides, 'mode-mismatch']);
    for (const gateway of [both.left, both.right]) expect(gateway.core.children()).toEqual([]);
  });

  it('does not pass a NAT, and that is told', () => {
    const both = called({ left: { ...TRANSPORT, version }, right: { ...TRANSPORT, version, encapsulation: 'udp' } });
    const reasons = both.left.events.flatMap((event) => ('reason' in event ? [event.reason.text] : []));
    expect(reasons[0]).toBe(
      'transport mode does not pass the address translation (NAT) between the gateways; use tunnel mode',
    );
    expect(both.left.core.children()).toEqual([]);
  });
});

describe('segments of one protocol and of ports', () => {
  const upper = ['[icmp]', '[tcp/22]'];

  it('are one Child SA in IKEv2, whose policies are of one protocol each', () => {
    const both = called({ upper });
    const [child] = both.left.core.children();
    expect(child?.localSelectors.map(formatSelector)).toEqual(['192.0.2.1/32[icmp]', '192.0.2.1/32[tcp/22]']);
    for (const gateway of [both.left, both.right]) {
      const pairs = gateway
        .steps('add-policy')
        .flatMap((step) =>
          step.kind === 'add-policy' && step.policy.direction === 'out'
            ? [`${step.policy.action} ${step.policy.source.protocol} ${step.policy.destination.protocol}`]
            : [],
        );
      expect(pairs).toEqual(['protect 1 1', 'protect 6 6']);
    }
  });

  it('are two Child SAs in IKEv1, each with protocol and port in its identifications', () => {
    const both = called({ upper, left: { version: 1 }, right: { version: 1 } });
    for (const gateway of [both.left, both.right]) {
      const children = gateway.core.children().map(({ localSelectors }) => localSelectors.map(formatSelector));
      const own = gateway.address;
      expect(children).toEqual([[`${own}/32[icmp]`], [`${own}/32[tcp/22]`]]);
    }
  });

  it('are blocked one by one while the tunnel is down, and nothing else is', () => {
    const { left } = ends({ upper: [...upper, '[udp/5000-5100]'], left: { childMode: 'transport' } });
    const steps = planBlocks(new Map(), new Map([['net', left]]));
    const blocked = steps.flatMap((step) =>
      step.kind === 'add-policy' ? [`${step.policy.action} ${formatSelector(step.policy.source)}`] : [],
    );
    expect(blocked).toEqual([
      'block 192.0.2.1/32[icmp]',
      'block 192.0.2.1/32[tcp/22]',
      'block 192.0.2.1/32[udp/5000-5100]',
    ]);
  });

  it('are told apart where two tunnels differ in nothing else', () => {
    const [icmp, tcp] = [ends({ upper: ['[icmp]'] }), ends({ upper: ['[tcp/22]'] })];
    const named = (name: string, policy: TunnelPolicy) => ({ ...policy, name, ikeProposals: [CHEAP_IKE] });
    const both = {
      left: new TestGateway(LEFT.address, { seed: 1, tunnels: [named('net', tcp.left)] }),
      right: new TestGateway(RIGHT.address, { seed: 2, tunnels: [named('icmp', icmp.right), named('tcp', tcp.right)] }),
    };
    both.left.initiate();
    converse(both);
    expect(both.right.core.children()).toMatchObject([{ tunnel: 'tcp', state: 'installed' }]);
  });
});
