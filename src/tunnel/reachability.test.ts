import { describe, expect, it } from 'vitest';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import {
  type Change,
  NOTHING_TOLD,
  nextChange,
  REMOVED,
  type Standing,
  standingOf,
  type Told,
} from './reachability.ts';
import type { ConnectionStatus } from './status.ts';
import { tunnel } from './testing/service-rig.ts';

const net = (third: number) => selectorFromPrefix({ address: `10.${third}.0.0`, length: 16 });

const policy: TunnelPolicy = tunnel({
  local: { address: '192.0.2.1', identity: { type: 'fqdn', name: 'here' }, selectors: [net(1), net(2)] },
  remote: { address: { kind: 'any' }, identity: { type: 'fqdn', name: 'there' }, selectors: [net(9)] },
});

/** A Child SA for local segments by their numbers. */
function child(id: string, locals: readonly number[], changes: Partial<ChildSaView> = {}): ChildSaView {
  return {
    id,
    tunnel: 't',
    ikeSa: 7,
    state: 'installed',
    sends: true,
    protocol: 'esp',
    mode: 'tunnel',
    encap: false,
    reqid: 3,
    suite: { protocol: 'esp' },
    inbound: { protocol: 'esp', destination: '192.0.2.1', spi: 1 },
    outbound: { protocol: 'esp', destination: '198.51.100.9', spi: 2 },
    localSelectors: locals.map(net),
    remoteSelectors: [net(9)],
    ...changes,
  };
}

function standing(connectionStatus: ConnectionStatus, ...children: readonly ChildSaView[]): Standing {
  const failed = connectionStatus.endsWith('Failure');
  const reason = failed ? ({ code: 'no-response', text: 'no answer' } as const) : null;
  const ike = { id: 7, remoteId: { type: 'fqdn', name: 'There' }, remote: { address: '198.51.100.9', port: 4501 } };
  return standingOf(policy, { connectionStatus, reason }, { ikeSas: [ike as unknown as IkeSaView], children });
}

/** All that is said on the way from one standing to the next, and what has been said then. */
function said(standings: readonly Standing[], most?: number): string[] {
  const lines: string[] = [];
  let told: Told = NOTHING_TOLD;
  for (const one of standings) {
    for (let change = nextChange(told, one, most); change !== undefined; change = nextChange(told, one, most)) {
      lines.push(lineOf(change));
      told = change.after;
    }
  }
  return lines;
}

function lineOf({ event, pairs, reason }: Change): string {
  return [event, ...pairs.map(({ local }) => local), ...(reason === null ? [] : [reason.code])].join(' ');
}

const UP = standing('connected', child('t#1', [1, 2]));

describe('what is told of a tunnel', () => {
  it('its pairs, then that it is connected; and the other way round at the end', () => {
    expect(said([UP, standing('connecting')])).toEqual([
      'reachable 10.1.0.0/16 10.2.0.0/16',
      'connected',
      'withdrawn 10.1.0.0/16 10.2.0.0/16',
      'disconnected',
    ]);
    expect(said([UP, REMOVED])).toHaveLength(4);
  });

  it('nothing of a rekeying: old and new, new alone, the old one deleting', () => {
    const old = child('t#1', [1, 2], { state: 'rekeyed' });
    const both = standing('connected', old, child('t#2', [1, 2]));
    const after = standing('connected', { ...old, state: 'deleting' }, child('t#2', [1, 2]));
    expect(said([UP, both, after, standing('connected', child('t#2', [1, 2]))])).toHaveLength(2);
  });

  it('nothing of a Child SA that is being installed', () => {
    expect(said([standing('connecting', child('t#1', [1, 2], { state: 'installing' }))])).toEqual([]);
  });

  it('the pairs that come and go while others stay', () => {
    const one = standing('connected', child('t#1', [1]));
    const other = standing('connected', child('t#2', [2]));
    expect(said([one, other])).toEqual([
      'reachable 10.1.0.0/16',
      'connected',
      'withdrawn 10.1.0.0/16',
      'reachable 10.2.0.0/16',
    ]);
  });

  it('a failure once, and again after the tunnel was up', () => {
    const failure = standing('stage1Failure');
    expect(said([failure, failure, standing('connecting'), failure])).toEqual(['failed no-response']);
    expect(said([failure, UP, REMOVED, failure]).filter((line) => line.startsWith('failed'))).toHaveLength(2);
  });

  it('pairs one by one where no more are wanted', () => {
    expect(said([UP, REMOVED], 1)).toEqual([
      'reachable 10.1.0.0/16',
      'reachable 10.2.0.0/16',
      'connected',
      'withdrawn 10.1.0.0/16',
      'withdrawn 10.2.0.0/16',
      'disconnected',
    ]);
  });

  it('where the pair leads, also when it is withdrawn', () => {
    const encapsulated = standing('connected', child('t#1', [1], { encap: true }));
    const reached = nextChange(NOTHING_TOLD, encapsulated);
    const path = { me: '192.0.2.1', myId: 'here', peer: '198.51.100.9', peerId: 'There', encapPort: 4501, ikeSa: 7 };
    expect(reached?.pairs[0]?.path).toEqual({ ...path, reqid: 3, protocol: 'esp' });
    expect(nextChange(reached?.after ?? NOTHING_TOLD, REMOVED)?.pairs[0]?.path).toEqual(reached?.pairs[0]?.path);
  });
});
