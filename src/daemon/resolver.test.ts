import { afterEach, describe, expect, it, vi } from 'vitest';
import { Resolver } from './resolver.ts';

afterEach(() => void vi.useRealTimers());

describe('resolver', () => {
  it('takes the first address in canonical form, in the family that is asked for', async () => {
    const asked: string[] = [];
    const resolver = new Resolver(async (name, family) => {
      asked.push(`${name} ${family}`);
      return ['2001:DB8:0:0::1', '2001:db8::2'];
    });
    expect(await resolver.resolve('peer.example', 6)).toBe('2001:db8::1');
    expect(asked).toEqual(['peer.example 6']);
  });

  it('a name without an address, and a resolver that fails, are no exception', async () => {
    expect(await new Resolver(async () => []).resolve('none.example', 4)).toBeUndefined();
    const failing = new Resolver(() => Promise.reject(new Error('ENOTFOUND')));
    expect(await failing.resolve('none.example', 4)).toBeUndefined();
  });

  it('a lookup that hangs is given up after 5 s, and is not begun again while it hangs', async () => {
    vi.useFakeTimers();
    let begun = 0;
    const resolver = new Resolver(() => {
      begun++;
      return new Promise(() => undefined);
    });
    const both = Promise.all([resolver.resolve('slow.example', 4), resolver.resolve('slow.example', 4)]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await both).toEqual([undefined, undefined]);
    const third = resolver.resolve('slow.example', 4);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await third).toBeUndefined();
    expect(begun).toBe(1);
  });

  it('the hosts file counts', async () => {
    expect(await new Resolver().resolve('localhost', 4)).toBe('127.0.0.1');
  });
});
