import { describe, expect, it } from 'vitest';
import type { DataPlaneEvent, SaKey } from '../sa/data-plane.ts';
import { auditOnce } from './audits.ts';

const SA: SaKey = { protocol: 'esp', destination: '192.0.2.1', spi: 0xc0000001 };

function audited(lostSas: readonly SaKey[], repairedPolicies: number) {
  const events: DataPlaneEvent[] = [];
  const repairs: string[] = [];
  auditOnce({
    dataPlane: { audit: () => ({ lostSas, repairedPolicies }) },
    onEvent: (event) => events.push(event),
    onRepair: (text) => repairs.push(text),
  });
  return { events, repairs };
}

describe('an audit of the data plane', () => {
  it('that finds all in place says nothing', () => {
    expect(audited([], 0)).toEqual({ events: [], repairs: [] });
  });

  it('tells of a lost SA as of one that has expired', () => {
    const { events, repairs } = audited([SA], 3);
    expect(events).toEqual([{ kind: 'expire', sa: SA, hard: true }]);
    expect(repairs).toEqual(['somebody else has removed 1 SA and 3 policies of ours from the kernel; repaired']);
  });
});
