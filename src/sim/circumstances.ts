import type { IpAddress } from '../base/net.ts';
import { SECOND } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { WANTS } from './collisions.ts';
import { HOME_ROUTER } from './conditions.ts';
import { Dice } from './dice.ts';
import type { Fortune } from './fortune.ts';
import type { PairOptions } from './pair.ts';
import { LEFT, RIGHT, type Side, tunnelPolicy } from './tunnels.ts';

/** What a tunnel of a busy life is like, and where its ends are. */
export type Circumstances = {
  readonly options: Omit<PairOptions, 'seed'>;
  /** What the right end has in the place of its tunnel `net`: one for each of its segments. */
  readonly tunnelsOfRight: readonly TunnelPolicy[] | undefined;
  /** The ends that wait for traffic: a packet has to ask for what is lacking. */
  readonly waiting: readonly EndName[];
  /** Where the left end may be; more than one only where it moves. */
  readonly addressesOfLeft: readonly IpAddress[];
};

type EndName = 'left' | 'right';

type Changes = Partial<TunnelPolicy> & Pick<TunnelPolicy, 'version'>;

export function circumstancesOf(seed: number, dice: Dice, fortune: Fortune): Circumstances {
  const tunnel = policyOf(dice, fortune);
  const { nats, left, right } = placeOf(dice);
  const [ours, theirs] = [habitsOf(dice, tunnel), habitsOf(dice, tunnel)];
  const moves = tunnel.version === 2 && fortune.supervised && nats === undefined && dice.chance(0.2);
  const isShared = tunnel.version === 1 && dice.chance(0.3);
  const waiting = waitingEnds(seed).filter((name) => name === 'left' || !isShared);
  const startOf = (name: EndName) => (waiting.includes(name) ? ({ start: 'on-traffic' } as const) : {});
  const around = moves ? { nats: [STREET] } : nats === undefined ? {} : { nats };
  return {
    options: {
      tunnel,
      ...around,
      left: { side: left, policy: { ...ours, ...startOf('left') } },
      right: { side: right, policy: { ...theirs, ...startOf('right') } },
    },
    waiting,
    tunnelsOfRight: isShared ? oneForEachSegment(right, left, tunnel) : undefined,
    addressesOfLeft: moves ? [left.address, '192.0.2.2', ...STREET.inside] : [left.address],
  };
}

function policyOf(dice: Dice, fortune: Fortune): Changes {
  const delay = dice.pick([10, 30, 60]) * SECOND;
  const version = dice.chance(0.3) ? 1 : 2;
  return {
    version,
    mode: dice.pick(['main', 'aggressive']),
    childLifetime: dice.within(fortune.childLifetime),
    ikeLifetime: dice.within(fortune.ikeLifetime),
    dpd: { delay, timeout: delay + 30 * SECOND, action: 'restart' },
    ...(version === 2 ? { singlePairs: dice.chance(0.3) } : {}),
    ...(dice.chance(0.3) ? keyExchangesOf(dice, version) : {}),
  };
}

/** PFS; in IKEv2 now and then with an additional key exchange for each SA that is made. */
function keyExchangesOf(dice: Dice, version: TunnelPolicy['version']): Partial<TunnelPolicy> {
  return version === 2 && dice.chance(0.2) ? WANTS.always : { childProposals: WANTS.never.childProposals };
}

/** What one end does in its own way. */
function habitsOf(dice: Dice, { version }: Changes): Partial<TunnelPolicy> {
  if (version === 1) return {};
  return { childless: dice.chance(0.2), reauthenticate: dice.chance(0.3) };
}

/** With dice of their own: a life in which nobody waits is what it would be if nobody ever did. */
function waitingEnds(seed: number): readonly EndName[] {
  const dice = new Dice(seed).fork();
  return dice.chance(0.25) ? dice.pick<readonly EndName[]>([['left'], ['right'], ['left', 'right']]) : [];
}

type Place = Pick<PairOptions, 'nats'> & { readonly left: Side; readonly right: Side };

/** A router that the left end may come behind on its way. */
const STREET = { ...HOME_ROUTER, address: '203.0.113.1', inside: ['10.9.0.2', '10.9.0.3'] };

/** What the left end has in front of it, and how many segments each end has. */
function placeOf(dice: Dice): Place {
  const [left, right] = dice.chance(0.2)
    ? [withSegment(LEFT, '10.3.0.0'), withSegment(RIGHT, '10.4.0.0')]
    : [LEFT, RIGHT];
  if (!dice.chance(0.3)) return { left, right };
  const inside = { ...left, address: '10.9.0.2', publicAddress: left.address };
  return { nats: [{ ...HOME_ROUTER, address: left.address, inside: [inside.address] }], left: inside, right };
}

function withSegment(side: Side, address: string): Side {
  return { ...side, segments: [...side.segments, { address, length: 16 }] };
}

function oneForEachSegment(own: Side, peer: Side, changes: Changes): TunnelPolicy[] {
  return own.segments.map((segment, n) =>
    tunnelPolicy({ ...own, segments: [segment] }, peer, { ...changes, name: `net${n}` }),
  );
}
