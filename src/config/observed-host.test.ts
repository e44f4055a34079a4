import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isAsObserved, type Observation, observedHost } from './observed-host.ts';
import { memoryHost } from './testing/memory-host.ts';

const FILES = { '/etc/a.psk': 'the-key', '/etc/b.psk': 'another' };

function observe() {
  const observations: Observation[] = [];
  const host = observedHost(memoryHost(FILES, { KEY: 'x' }), observations);
  const answers = [host.permissions('/etc/a.psk'), host.readFile('/etc/a.psk'), host.variable('KEY')];
  expect(() => host.readFile('/etc/none')).toThrow('/etc/none');
  return { observations, answers: [...answers, host.variable('NONE'), host.listDirectory('/etc')] };
}

describe('what was asked of a machine', () => {
  it('is answered by the machine', () => {
    expect(observe().answers).toEqual([0o600, 'the-key', 'x', undefined, ['a.psk', 'b.psk']]);
  });

  it.each<[string, boolean, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    ['is as it was', true, FILES, { KEY: 'x' }],
    ['has something more that nobody asked for', true, { ...FILES, '/more': '' }, { KEY: 'x', MORE: 'y' }],
    ['has another text in a file', false, { ...FILES, '/etc/a.psk': 'the-kez' }, { KEY: 'x' }],
    ['has lost a file', false, { '/etc/b.psk': 'another' }, { KEY: 'x' }],
    ['has a file that was missing', false, { ...FILES, '/etc/none': '' }, { KEY: 'x' }],
    ['has another variable', false, FILES, { KEY: 'y' }],
    ['has lost a variable', false, FILES, {}],
    ['has a variable that was missing', false, FILES, { KEY: 'x', NONE: 'undefined' }],
  ])('tells of one that %s', (_, isSame, files, variables) => {
    expect(isAsObserved(observe().observations, memoryHost(files, variables))).toBe(isSame);
  });

  it('is noted, and nothing else of it is kept, such as the texts that it may hold', () => {
    expect(observe().observations.map(({ answer, ...question }) => question)).toEqual([
      { call: 'permissions', argument: '/etc/a.psk' },
      { call: 'readFile', argument: '/etc/a.psk' },
      { call: 'variable', argument: 'KEY' },
      { call: 'readFile', argument: '/etc/none' },
      { call: 'variable', argument: 'NONE' },
      { call: 'listDirectory', argument: '/etc' },
    ]);
  });

  it('tells nobody a key', () => {
    expect(JSON.stringify(observe().observations) + inspect(observe().observations)).not.toContain('the-key');
  });
});
