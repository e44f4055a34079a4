import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readXfrmErrors } from './error-counters.ts';

it("reads the kernel's counters of what IPsec refused, and finds none where it does not count", () => {
  const directory = mkdtempSync(join(tmpdir(), 'xfrm-'));
  const path = join(directory, 'xfrm_stat');
  writeFileSync(path, 'XfrmInError             \t0\nXfrmInNoStates          \t12\n');
  expect([...readXfrmErrors(path)]).toEqual([
    ['XfrmInError', 0],
    ['XfrmInNoStates', 12],
  ]);
  expect(readXfrmErrors(join(directory, 'nothing')).size).toBe(0);
  rmSync(directory, { recursive: true });
});
