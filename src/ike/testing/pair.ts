import { utf8 } from '../../base/bytes.ts';
import { Secret } from '../../base/secret.ts';
import type { Proposal } from '../../sa/proposal.ts';
import { CHEAP_IKE, LEFT, RIGHT, tunnelPolicy } from '../../sim/tunnels.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { type Sent, TestGateway } from './gateway.ts';

export type Pair = { readonly left: TestGateway; readonly right: TestGateway };

type PairChanges = {
  readonly left?: Partial<TunnelPolicy>;
  readonly right?: Partial<TunnelPolicy>;
  /** Whose crashes are detected: each has a secret of its own. */
  readonly detectable?: readonly (keyof Pair)[];
  /** Whether both tell of each message. */
  readonly recordMessages?: boolean;
};

/** Two gateways with the tunnel `net` between them; what either configures otherwise replaces whole fields. */
export function pair(changes: PairChanges = {}): Pair {
  const { recordMessages = false } = changes;
  const secret = (side: keyof Pair) => (changes.detectable?.includes(side) === true ? secretOf(side) : {});
  return {
    left: new TestGateway(LEFT.address, {
      seed: 1,
      recordMessages,
      tunnels: [tunnelPolicy(LEFT, RIGHT, changes.left)],
      ...secret('left'),
    }),
    right: new TestGateway(RIGHT.address, {
      seed: 2,
      recordMessages,
      tunnels: [tunnelPolicy(RIGHT, LEFT, changes.right)],
      ...secret('right'),
    }),
  };
}

/** What a gateway keeps through a crash. */
export function secretOf(side: keyof Pair): { readonly crashSecret: Secret } {
  return { crashSecret: new Secret(utf8(side.padEnd(32, '.'))) };
}

/** Delivers all that waits at `from`; returns what it was. */
export function deliver(from: TestGateway, to: TestGateway): Sent[] {
  const sent = from.take();
  for (const one of sent) to.receive(one);
  return sent;
}

/** Delivers in both directions until neither has anything to say. */
export function converse({ left, right }: Pair): void {
  for (let turn = 0; left.outbox.length + right.outbox.length > 0; turn++) {
    if (turn > 50) throw new Error('they do not come to an end');
    deliver(left, right);
    deliver(right, left);
  }
}

/** The tunnel is up, initiated by `left`. */
export function connected(changes: Parameters<typeof pair>[0] = {}): Pair {
  const both = pair(changes);
  both.left.initiate();
  converse(both);
  for (const { core } of [both.left, both.right])
    if (core.children()[0]?.state !== 'installed') throw new Error('the tunnel did not come up');
  return both;
}

/** IKE_SA_INIT is done, IKE_AUTH waits in the outbox of `left`: `right` has keys and knows nobody. */
export function halfOpen(changes: Parameters<typeof pair>[0] = {}): Pair {
  const both = pair(changes);
  both.left.initiate();
  deliver(both.left, both.right);
  deliver(both.right, both.left);
  return both;
}

/** So many half-open IKE SAs from the address of the left side that the next one from there has to bring a cookie. */
export function occupy(right: TestGateway, ikeProposals: readonly Proposal[] = [CHEAP_IKE]): void {
  for (const seed of [101, 102, 103]) {
    const other = new TestGateway(LEFT.address, { seed, tunnels: [tunnelPolicy(LEFT, RIGHT, { ikeProposals })] });
    other.initiate();
    deliver(other, right);
  }
  right.take();
}
