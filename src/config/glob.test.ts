import { describe, expect, it } from 'vitest';
import { expandPattern } from './glob.ts';
import { memoryHost } from './testing/memory-host.ts';

const host = memoryHost({ '/c/a.yaml': '', '/c/ab.yaml': '', '/c/b.yml': '', '/c/.a.yaml': '', '/c/d/a.yaml': '' });

describe('expandPattern', () => {
  it.each([
    ['*.yaml', ['/c/a.yaml', '/c/ab.yaml']],
    ['?.yaml', ['/c/a.yaml']],
    ['.*.yaml', ['/c/.a.yaml']],
    ['*.y*m*l', ['/c/a.yaml', '/c/ab.yaml', '/c/b.yml']],
    ['a*b*.yaml', ['/c/ab.yaml']],
    ['absent.yaml', ['/c/absent.yaml']],
    ['absent/*.yaml', []],
    ['d/../a.yaml', ['/c/a.yaml']],
    ['/c/d/*', ['/c/d/a.yaml']],
    ['d/*', ['/c/d/a.yaml']],
    ['[a].yaml', ['/c/[a].yaml']],
  ])('%s', (pattern, expected) => {
    expect(expandPattern(pattern, '/c', host)).toEqual(expected);
  });

  it('a pattern of many stars takes no time', () => {
    const long = memoryHost({ [`/c/${'a'.repeat(200)}`]: '' });
    expect(expandPattern(`${'*a'.repeat(60)}*b`, '/c', long)).toEqual([]);
  });
});
