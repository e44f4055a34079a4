import { expect, it } from 'vitest';
import type { Work } from './work.ts';
import { enqueue } from './work-queue.ts';

const remote = { address: '203.0.113.1', port: 4500 };

it('of a mapping that the kernel repeats, one waits', () => {
  const sa = { queue: [] as Work[] };
  const mapped = { kind: 'peer-mapped', remote } as Work;
  for (let n = 0; n < 100; n++) enqueue({ drop: () => {} }, sa, mapped);
  expect(sa.queue).toEqual([mapped]);
});

it('of a flood of datagrams 8 wait, and the others are counted as dropped', () => {
  const sa = { queue: [] as Work[] };
  const dropped: string[] = [];
  const datagram = { kind: 'datagram', remote } as Work;
  for (let n = 0; n < 100; n++) enqueue({ drop: (_, fault) => void dropped.push(fault) }, sa, datagram);
  expect(sa.queue).toHaveLength(8);
  expect(dropped).toEqual(Array(92).fill('queue-full'));
});
