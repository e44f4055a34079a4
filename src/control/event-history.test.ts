import { describe, expect, it } from 'vitest';
import { EventHistory } from './event-history.ts';

const event = (text: string, tunnel?: string) => ({
  time: '2026-01-02T03:04:05.678Z',
  level: 'info' as const,
  event: 'ike.established' as const,
  text,
  ...(tunnel === undefined ? {} : { tunnel }),
});

function collect(history: EventHistory, after?: number) {
  const ids: number[] = [];
  let lost = 0;
  const end = history.subscribe({
    after,
    onEvent: ({ id }) => ids.push(id),
    onLost: (count) => {
      lost += count;
    },
  });
  return { ids, end, lost: () => lost };
}

describe('the history of events', () => {
  it('numbers from 1 and passes on only what comes, unless a replay is asked for', () => {
    const history = new EventHistory(4);
    expect(history.publish(event('a')).id).toBe(1);
    const follower = collect(history);
    history.publish(event('b'));
    expect(follower.ids).toEqual([2]);
    follower.end();
    history.publish(event('c'));
    expect(follower.ids).toEqual([2]);
  });

  it('replays from an id out of the ring, and tells how many are forgotten', () => {
    const history = new EventHistory(4);
    for (let i = 1; i <= 10; i++) history.publish(event(`${i}`));
    const recent = collect(history, 8);
    expect([recent.ids, recent.lost()]).toEqual([[9, 10], 0]);
    const all = collect(history, 0);
    expect([all.ids, all.lost()]).toEqual([[7, 8, 9, 10], 6]);
    const edge = collect(history, 6);
    expect([edge.ids, edge.lost()]).toEqual([[7, 8, 9, 10], 0]);
    const upToDate = collect(history, 10);
    expect([upToDate.ids, upToDate.lost()]).toEqual([[], 0]);
  });

  it('gives everything to a client whose last id is from an earlier run', () => {
    const history = new EventHistory(4);
    history.publish(event('a'));
    expect(collect(history, 900).ids).toEqual([1]);
  });

  it('makes what is published unread once somebody reads it, and no more than once', () => {
    const history = new EventHistory(4);
    const made: string[] = [];
    const publish = (text: string) =>
      history.publishUnread('a', () => {
        made.push(text);
        return event(text, 'a');
      });
    publish('1');
    publish('2');
    expect(made).toEqual([]);
    expect(history.recent('b', 5)).toEqual([]);
    expect(history.recent('a', 1)).toMatchObject([{ id: 2, text: '2' }]);
    expect(collect(history, 0).ids).toEqual([1, 2]);
    expect(made).toEqual(['2', '1']);
    publish('3');
    expect(made).toEqual(['2', '1', '3']);
  });

  it('finds the last events of one tunnel, oldest first', () => {
    const history = new EventHistory(4);
    for (const [text, tunnel] of [
      ['1', 'a'],
      ['2', 'a'],
      ['3', 'b'],
      ['4', 'a'],
      ['5', 'a'],
      ['6', 'b'],
    ] as const) {
      history.publish(event(text, tunnel));
    }
    expect(history.recent('a', 5).map(({ text }) => text)).toEqual(['4', '5']);
    expect(history.recent('b', 1).map(({ text }) => text)).toEqual(['6']);
    expect(history.recent('none', 5)).toEqual([]);
  });
});
