import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFiles } from './replace-files.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cygnet-config-'));
  for (const name of ['a', 'b']) writeFileSync(join(directory, name), `old ${name}`, { mode: 0o640 });
});
afterEach(() => rmSync(directory, { recursive: true }));

const path = (name: string) => join(directory, name);
const textOf = (name: string) => readFileSync(path(name), 'utf8');
const replacement = (name: string) => ({ path: path(name), before: `old ${name}`, after: `new ${name}` });

describe('replacing files', () => {
  it('keeps mode and owner, and leaves nothing else behind', () => {
    chmodSync(path('a'), 0o604);
    if (process.getuid?.() === 0) chownSync(path('a'), 4711, 4712);
    const { uid, gid } = statSync(path('a'));
    replaceFiles([replacement('a'), replacement('b')]);
    expect([textOf('a'), textOf('b')]).toEqual(['new a', 'new b']);
    expect(statSync(path('a'))).toMatchObject({ uid, gid });
    expect(statSync(path('a')).mode & 0o777).toBe(0o604);
    expect(readdirSync(directory)).toEqual(['a', 'b']);
  });

  it('makes a new file, so that whoever has the old one open reads on in that', () => {
    const { ino } = statSync(path('a'));
    replaceFiles([replacement('a')]);
    expect(statSync(path('a')).ino).not.toBe(ino);
  });

  it('follows a symbolic link and leaves it', () => {
    symlinkSync('a', path('link'));
    replaceFiles([{ ...replacement('a'), path: path('link') }]);
    expect(lstatSync(path('link')).isSymbolicLink()).toBe(true);
    expect(textOf('a')).toBe('new a');
  });

  it.each([
    ['was changed meanwhile', () => writeFileSync(path('b'), 'by hand'), 'was changed by somebody else meanwhile'],
    ['is gone', () => rmSync(path('b')), 'there is no such file'],
  ])('writes none of them where one %s', (_, spoil, words) => {
    spoil();
    expect(() => replaceFiles([replacement('a'), replacement('b')])).toThrow(words);
    expect(textOf('a')).toBe('old a');
    expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('leaves all as they were where one is no file', () => {
    rmSync(path('b'));
    mkdirSync(path('b'));
    // A directory has no text and cannot be replaced; that it reads as one is found out before anything is written.
    expect(() => replaceFiles([replacement('a'), { ...replacement('b'), before: '' }])).toThrow('it is a directory');
    expect(textOf('a')).toBe('old a');
  });
});
