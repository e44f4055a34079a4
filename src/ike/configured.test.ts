import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { Configured } from './configured.ts';
import { newCoreState } from './core-state.ts';

const PEERS = ['198.51.100.1', '198.51.100.2'];

function tunnel(number: number): TunnelPolicy {
  const address = PEERS[number % 2] ?? '';
  const identity = { type: 'fqdn', name: `peer${number % 3}.example.com` } as const;
  const peer = { ...RIGHT, address, identity };
  return tunnelPolicy(LEFT, peer, { name: `t${number}`, peer: address, gateway: `gw${number % 2}` });
}

/** What can be asked of the tunnels. */
function answers({ policies, contacts }: Configured) {
  return {
    all: [...policies.values()],
    towards: PEERS.map((address) => policies.towards(address)),
    ofPeer: PEERS.map((address) => policies.ofPeer(address)),
    related: [...policies.values()].map((policy) => policies.relatedTo(policy)),
    ofGateway: ['gw0', 'gw1'].map((gateway) => policies.ofGateway(gateway)),
    alone: [...policies.values()].map((policy) => contacts.isAlone(policy)),
  };
}

const step = fc.record({
  kind: fc.constantFrom('add' as const, 'remove' as const, 'move' as const),
  number: fc.nat(7),
});

describe('tunnels that come and go one by one', () => {
  it('are in the end as if they had been configured at once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const state = newCoreState(new Uint8Array(32));
        const configured = new Configured(state, []);
        const present = new Map<string, TunnelPolicy>();
        let moves = 0;
        const acts = {
          add: (one: TunnelPolicy) => {
            if (present.has(one.name)) return;
            present.set(one.name, one);
            configured.add([one]);
          },
          remove: ({ name }: TunnelPolicy) => {
            present.delete(name);
            configured.remove([name]);
          },
          move: ({ gateway }: TunnelPolicy) => {
            state.ownAddresses.set(gateway, { address: `192.0.2.${10 + moves++}`, others: [] });
            configured.move(gateway);
          },
        };
        for (const { kind, number } of steps) acts[kind](tunnel(number));
        expect(answers(configured)).toEqual(answers(new Configured(state, [...present.values()])));
      }),
    );
  });

  it('one that is changed keeps its place before others that the peer may mean as well', () => {
    const { policies } = new Configured(newCoreState(new Uint8Array(32)), [tunnel(0), tunnel(2)]);
    policies.set('t0', { ...tunnel(0), start: 'respond' });
    expect(policies.towards(PEERS[0] ?? '').map(({ name, start }) => [name, start])).toEqual([
      ['t0', 'respond'],
      ['t2', 'initiate'],
    ]);
  });
});
