import { describe, expect, it } from 'vitest';
import { MINUTE } from '../base/time.ts';
import { HYBRID, MIXED } from './collisions.ts';
import { expectRest } from './invariants.ts';
import { MessageGate } from './message-gate.ts';
import { OPERATION_NAMES, type OperationName, perform } from './operations.ts';
import { CorePair, type PairOptions } from './pair.ts';
import { NONCE_ORDERS, type NonceOrder } from './stage.ts';

/** The messages whose order is tried out; what follows goes as it comes. */
const DEPTH = 9;
/** How many messages may be lost in one run. */
const MAX_LOST = 1;

type Scene = {
  readonly names: readonly OperationName[];
  readonly sides: Sides;
  readonly order: NonceOrder;
  readonly options?: Omit<PairOptions, 'seed'>;
};
type Sides = readonly ('left' | 'right')[];

/** Which of the messages that wait comes next; one past the last: the first of them is lost. */
type Choices = readonly number[];

/** Every order in which the first messages can arrive, each with every single one of them lost. Returns how many. */
function tryAllOrders(scene: Scene): number {
  const open: Choices[] = [[]];
  let runs = 0;
  for (let choices = open.pop(); choices !== undefined; choices = open.pop()) {
    open.push(...play(scene, choices));
    runs++;
  }
  return runs;
}

/** Plays one order to its end; returns the orders that branch off from it. */
function play({ names, sides, order, options }: Scene, choices: Choices): Choices[] {
  const pair = new CorePair({
    seed: 1,
    ...options,
    tunnel: { dpd: { delay: 5 * MINUTE, timeout: 6 * MINUTE, action: 'restart' }, ...options?.tunnel },
  });
  pair.connect();
  pair.left.entropy.leads = order.left;
  pair.right.entropy.leads = order.right;
  const gate = new MessageGate(pair.world);
  pair.world.note(() => `== choices ${choices.join(' ')}`);
  for (const [index, name] of names.entries()) perform(pair, name, pair[sides[index] ?? 'left']);
  pair.world.run(20);
  const branches: Choices[] = [];
  const taken: number[] = [];
  let lost = 0;
  for (let depth = 0; depth < DEPTH && gate.waiting.length > 0; depth++) {
    const count = gate.waiting.length;
    const choice = choices[depth] ?? 0;
    const options = lost < MAX_LOST ? count + 1 : count;
    if (depth >= choices.length) for (let other = 1; other < options; other++) branches.push([...taken, other]);
    taken.push(choice);
    const message = gate.waiting[choice];
    if (message !== undefined) gate.passThis(message);
    else {
      gate.drop({});
      lost++;
    }
  }
  gate.open();
  pair.world.run(90_000);
  pair.awaitConnection([pair.left, pair.right], MINUTE);
  pair.world.run(90_000);
  expectRest(pair.world, pair.left, pair.right);
  return branches;
}

describe('every order of the messages of two operations of IKEv2 that cross', () => {
  const names = OPERATION_NAMES.filter((name) => /^(rekey|delete)/.test(name));
  const pairs = names.flatMap((first, index) => names.slice(index).map((second) => [first, second] as const));

  it.each(pairs)('%s on the left, %s on the right', (...both) => {
    const orders = both.every((name) => name.startsWith('rekey')) ? NONCE_ORDERS : NONCE_ORDERS.slice(0, 1);
    let runs = 0;
    for (const order of orders) runs += tryAllOrders({ names: both, sides: ['left', 'right'], order });
    expect(runs).toBeGreaterThan(10);
  });

  // One nonce order for each end that may win: the others differ in nothing but where the nonce was drawn.
  const either = [0, 2].flatMap((index) => NONCE_ORDERS[index] ?? []);

  it.each(pairs)('with additional key exchanges: %s on the left, %s on the right', (...both) => {
    const orders = both.every((name) => name.startsWith('rekey')) ? either : either.slice(0, 1);
    let runs = 0;
    for (const order of orders) runs += tryAllOrders({ names: both, sides: ['left', 'right'], order, options: HYBRID });
    expect(runs).toBeGreaterThan(10);
  });

  it.each(names.filter((name) => name.startsWith('rekey')))(
    'only one end with additional key exchanges: %s',
    (name) => {
      let runs = 0;
      for (const order of either)
        runs += tryAllOrders({ names: [name, name], sides: ['left', 'right'], order, options: MIXED });
      expect(runs).toBeGreaterThan(10);
    },
  );
});
