import { expect, it } from 'vitest';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { converse, pair } from './testing/pair.ts';

it.each([
  ['IKEv2', {}],
  ['Main Mode', { version: 1 }],
  ['Aggressive Mode', { version: 1, mode: 'aggressive' }],
] as const)(
  'a peer at a known address is taken where its name fits the pattern, and else refused, %s',
  (_, version) => {
    const { identity: _identity, ...remote } = tunnelPolicy(LEFT, RIGHT).remote;
    const right = { ...tunnelPolicy(RIGHT, LEFT).local, identity: { type: 'fqdn', name: 'moon.example.org' } } as const;
    const isUp = (suffix: string) => {
      const expecting = { ...version, remote: { ...remote, pattern: { type: 'fqdn', suffix } } } as const;
      const both = pair({ left: expecting, right: { ...version, local: right } });
      both.left.initiate();
      converse(both);
      return [both.left.core.children().length, ...both.left.reasonsOf('auth.failed')];
    };
    expect(isUp('.example.org')).toEqual([1]);
    expect(isUp('.example.com')).toEqual([0, 'peer-identity-mismatch']);
  },
);
