import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readForwarding } from './forwarding.ts';

describe('whether the machine forwards', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'cygnet-'));
    mkdirSync(join(root, 'ipv4'));
    mkdirSync(join(root, 'ipv6/conf/all'), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is told by family', () => {
    writeFileSync(join(root, 'ipv4/ip_forward'), '0\n');
    writeFileSync(join(root, 'ipv6/conf/all/forwarding'), '1\n');
    expect([readForwarding(4, root), readForwarding(6, root)]).toEqual([false, true]);
  });

  it('is not known where the kernel has no such file', () => {
    expect(readForwarding(4, root)).toBeUndefined();
  });
});
