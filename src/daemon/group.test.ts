import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { groupNumber } from './group.ts';

const directory = mkdtempSync(join(tmpdir(), 'cygnet-group-'));
const file = join(directory, 'group');
writeFileSync(file, 'root:x:0:\nvpn-admins:x:990:anna,ben\nbroken:x:\n42\n\nmonitor:x:991:\n');
afterAll(() => rmSync(directory, { recursive: true }));

describe('the number of a group', () => {
  it.each([
    ['root', 0],
    ['vpn-admins', 990],
    ['monitor', 991],
    ['7', 7],
    ['4294967294', 4294967294],
  ])('%s is %d', (text, number) => {
    expect(groupNumber(text, file)).toBe(number);
  });

  it.each([
    ['vpn-admin', 'did you mean vpn-admins?'],
    ['broken', 'groupadd'],
    ['', 'there is no group ""'],
    ['4294967295', 'there is no group'],
    ['-1', 'there is no group'],
  ])('%j is none', (text, words) => {
    expect(() => groupNumber(text, file)).toThrow(words);
  });
});
