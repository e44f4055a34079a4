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

  it('are those of IPsec, of the reverse path filter, and of what was too large', () => {
    const file = (name: string) => join(directory, name);
    const [xfrm, netstat, snmp, snmp6] = [file('xfrm_stat'), file('netstat'), file('snmp'), file('snmp6')];
    writeFileSync(xfrm, 'XfrmInError             \t0\nXfrmInNoStates          \t7\n');
    writeFileSync(netstat, 'TcpExt: TW IPReversePathFilter TWKilled\nTcpExt: 22 3 0\nIpExt: InNoRoutes\nIpExt: 5\n');
    writeFileSync(snmp, 'Ip: Forwarding ReasmFails FragOKs FragFails\nIp: 1 4 9 2\nIcmp: InMsgs\nIcmp: 8\n');
    writeFileSync(snmp6, 'Ip6ReasmReqds                   \t70\nIp6ReasmFails                   \t3\n');
    const files = { netstat, snmp, snmp6 };
    expect(Object.fromEntries(packetErrors({ errors: () => readXfrmErrors(xfrm) }, files))).toEqual({
      XfrmInError: 0,
      XfrmInNoStates: 7,
      IPReversePathFilter: 3,
      IpReasmFails: 7,
      IpFragFails: 2,
    });
  });

  it('are none where the kernel counts none', () => {
    const nothing = join(directory, 'nothing');
    const files = { netstat: nothing, snmp: nothing, snmp6: nothing };
    expect(packetErrors(NONE, files).size).toBe(0);
    writeFileSync(nothing, 'TcpExt: TW\nTcpExt: 22\nIp: Forwarding\nIp: 1\n');
    expect(packetErrors(NONE, files).size).toBe(0);
  });
});
