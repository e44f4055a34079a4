import { expect, it } from 'vitest';
import { converse, pair } from '../testing/pair.ts';

it('makes no second successor of a Child SA by a new IKE SA while the old one is at it', () => {
  const both = pair({ left: { version: 1 }, right: { version: 1 } });
  const { left } = both;
  left.initiate();
  converse(both);
  left.fire('rekey-net#1');
  const first = left.takeOne();
  left.fire('rekey');
  converse(both);
  expect(left.eventTypes().filter((type) => type === 'ike.established')).toHaveLength(2);
  left.fire('rekey-net#1');
  expect(left.take()).toEqual([]);
  both.right.receive(first);
  converse(both);
  expect(left.core.children().map(({ state }) => state)).toEqual(['installed', 'installing']);
});
