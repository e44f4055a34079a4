import { describe, expect, it } from 'vitest';
import { parseStream } from './ping-stream.ts';

const answer = (sequence: number) => `64 bytes from 10.23.112.177: icmp_seq=${sequence} ttl=64 time=0.2 ms`;
const missing = (sequence: number) => `no answer yet for icmp_seq=${sequence}`;

describe('a stream of pings', () => {
  it('what no answer came for is lost, what came late is not', () => {
    const log = ['PING ...', answer(1), missing(2), missing(3), answer(3), answer(4)].join('\n');
    expect(parseStream(log)).toEqual({ answered: 3, lost: [2], duplicates: 0 });
  });

  it('the last ones may still be under way, but not for long', () => {
    const tail = (count: number) => Array.from({ length: count }, (_, index) => missing(index + 2));
    expect(parseStream([answer(1), ...tail(3)].join('\n')).lost).toEqual([]);
    expect(parseStream([answer(1), ...tail(30)].join('\n')).lost).toHaveLength(30);
  });

  it('an answer that comes once more is no further one', () => {
    const log = [answer(1), `${answer(1)} (DUP!)`, answer(2)].join('\n');
    expect(parseStream(log)).toEqual({ answered: 2, lost: [], duplicates: 1 });
  });

  it('a stream without any answer has lost all', () => {
    expect(parseStream(Array.from({ length: 40 }, (_, index) => missing(index + 1)).join('\n'))).toEqual({
      answered: 0,
      lost: Array.from({ length: 40 }, (_, index) => index + 1),
      duplicates: 0,
    });
  });
});
