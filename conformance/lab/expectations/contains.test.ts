import { describe, expect, it } from 'vitest';
import { differences } from './contains.ts';

const status = {
  connectionStatus: 'connected',
  reason: null,
  ike: { nat: { local: false } },
  children: [{ encap: true }],
};

describe('what a status contains', () => {
  it('fields that are not asked for do not matter', () => {
    expect(differences(status, { ike: { nat: { local: false } }, children: [{}] })).toEqual([]);
  });

  it('every differing field is named with its path', () => {
    expect(differences(status, { reason: { code: 'x' }, ike: { nat: { local: true } } })).toEqual([
      'reason: is null',
      'ike.nat.local: expected true, is false',
    ]);
  });

  it('lists are as long as asked for', () => {
    expect(differences(status, { children: [] })).toEqual(['children: expected 0 entries, is [{"encap":true}]']);
    expect(differences(status, { children: [{}, {}] })).toHaveLength(1);
  });

  it('null is a value of its own', () => {
    expect(differences(status, { reason: null })).toEqual([]);
    expect(differences({ reason: { code: 'x' } }, { reason: null })).toHaveLength(1);
    expect(differences({}, { reason: null })).toHaveLength(1);
  });
});
