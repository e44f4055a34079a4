import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readXfrmErrors } from '../xfrm/error-counters.ts';
import { packetErrors } from './kernel-errors.ts';

const NONE = { errors: () => new Map<string, number>() };

describe('the errors that the kernel counts', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cygnet-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('are those of IPsec and of the reverse path filter', () => {
    const [xfrm, netstat] = [join(directory, 'xfrm_stat'), join(directory, 'netstat')];
    writeFileSync(xfrm, 'XfrmInError             \t0\nXfrmInNoStates          \t7\n');
    writeFileSync(netstat, 'TcpExt: TW IPReversePathFilter TWKilled\nTcpExt: 22 3 0\nIpExt: InNoRoutes\nIpExt: 5\n');
    expect(Object.fromEntries(packetErrors({ errors: () => readXfrmErrors(xfrm) }, netstat))).toEqual({
      XfrmInError: 0,
      XfrmInNoStates: 7,
      IPReversePathFilter: 3,
    });
  });

  it('are none where the kernel counts none', () => {
    const nothing = join(directory, 'nothing');
    expect(packetErrors(NONE, nothing).size).toBe(0);
    writeFileSync(nothing, 'TcpExt: TW\nTcpExt: 22\n');
    expect(packetErrors(NONE, nothing).size).toBe(0);
  });
});
