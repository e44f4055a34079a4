import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileErrorText, MAX_FILE_BYTES, systemHost } from './host.ts';

describe('reading a file of the configuration', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cygnet-host-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const failureOf = (path: string): string => {
    try {
      systemHost.readFile(path);
    } catch (error) {
      return fileErrorText(error);
    }
    return 'none';
  };

  it('yields the text of a file as large as allowed', () => {
    const path = join(directory, 'large.yaml');
    writeFileSync(path, 'ä'.repeat(MAX_FILE_BYTES / 2));
    expect(systemHost.readFile(path)).toHaveLength(MAX_FILE_BYTES / 2);
  });

  it('refuses a larger file before reading it', () => {
    const path = join(directory, 'larger.yaml');
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
    expect(failureOf(path)).toBe('it is larger than 8 MiB');
  });

  it('refuses a pipe, which would keep the daemon waiting for a writer', () => {
    const path = join(directory, 'pipe.yaml');
    execFileSync('mkfifo', [path]);
    expect(failureOf(path)).toBe('it is not a regular file');
  });

  it('refuses a device, which would never end', () => {
    expect(failureOf('/dev/zero')).toBe('it is not a regular file');
  });

  it('says of a directory that it is one', () => {
    expect(failureOf(directory)).toBe('it is a directory');
  });

  it('says of a missing file that it is missing', () => {
    expect(failureOf(join(directory, 'none.yaml'))).toBe('there is no such file');
  });
});
