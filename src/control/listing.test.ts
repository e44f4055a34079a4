import { describe, expect, it } from 'vitest';
import { listPage } from './listing.ts';

const rows = ['dc10', 'dc2', 'idc', 'branch'].map((name, index) => ({
  name,
  tunnels: index,
  address: `10.${12 - index}.0.1`,
}));
const names = (request: Parameters<typeof listPage>[2]) =>
  listPage('peers', rows, request).rows.map(({ name }) => name);

describe('the pages of a list', () => {
  it('keep the order of the configuration, or sort as people count', () => {
    expect(names({})).toEqual(['dc10', 'dc2', 'idc', 'branch']);
    expect(names({ sort: 'name' })).toEqual(['branch', 'dc2', 'dc10', 'idc']);
    expect(names({ sort: '-tunnels' })).toEqual(['branch', 'idc', 'dc2', 'dc10']);
    expect(names({ sort: 'address' })).toEqual(['branch', 'idc', 'dc2', 'dc10']);
  });

  it('lead to each row once, and say how many there are', () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < 9; pages++) {
      const page = listPage('peers', rows, { sort: 'name', limit: 3, cursor });
      expect(page.total).toBe(4);
      seen.push(...page.rows.map(({ name }) => name));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(seen).toEqual(['branch', 'dc2', 'dc10', 'idc']);
    expect(listPage('peers', rows, { limit: 4 }).next).toBeNull();
    expect(listPage('peers', rows, { query: 'dc', limit: 1 })).toMatchObject({ total: 3, next: 'dc10' });
  });

  it('say where a cursor has lost its row, and what a list can be sorted by', () => {
    expect(() => names({ cursor: 'gone' })).toThrow('the list has changed: gone is not in it any more');
    expect(() => names({ sort: 'colour' })).toThrow('peers are sorted by name, address, tunnels, connected');
    expect(() => names({ sort: '__proto__' })).toThrow('peers are sorted by');
  });
});
