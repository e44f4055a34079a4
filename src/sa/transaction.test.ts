import { describe, expect, it } from 'vitest';
import type { DataPlaneStep, PolicySpec } from './data-plane.ts';
import type { Outcome } from './outcome.ts';
import { done, UNCHANGED } from './outcome.ts';
import { selectorFromPrefix } from './traffic-selector.ts';
import { applySteps, type Stores } from './transaction.ts';

const NET = selectorFromPrefix({ address: '10.0.0.0', length: 8 });
const POLICY: PolicySpec = { direction: 'out', source: NET, destination: NET, action: 'block' };
const KEY = { protocol: 'esp', destination: '192.0.2.2', spi: 9 } as const;
const STEPS: readonly DataPlaneStep[] = [
  { kind: 'remove-sa', sa: KEY },
  { kind: 'add-policy', owner: 'a', policy: POLICY },
  { kind: 'remove-policy', owner: 'b', policy: POLICY },
];

function bed() {
  const log: string[] = [];
  const shared = {
    add: (owner: string): Outcome => {
      log.push(`add ${owner}`);
      return done(() => void log.push(`undo ${owner}`));
    },
    remove: (owner: string): Outcome => {
      log.push(`remove ${owner}`);
      return UNCHANGED;
    },
  };
  const sad: Stores['sad'] = {
    add: () => UNCHANGED,
    move: () => ({ outcome: UNCHANGED }),
    remove: ({ spi }) => void log.push(`remove SA ${spi}`),
  };
  const settle = (outcome: Outcome) => () => {
    log.push('settle');
    return outcome;
  };
  return { log, settle, stores: { sad, spd: shared, routes: shared } };
}

describe('steps that only take effect some time later', () => {
  it('have done so before anything is removed', () => {
    const { log, settle, stores } = bed();
    expect(applySteps(stores, STEPS, settle(UNCHANGED))).toBeUndefined();
    expect(log).toEqual(['add a', 'settle', 'remove b', 'remove SA 9']);
  });

  it('are undone where they do not, and nothing is removed', () => {
    const { log, settle, stores } = bed();
    const failure = { operation: 'change policies', code: 'ETIMEDOUT' };
    expect(applySteps(stores, STEPS, settle({ ok: false, failure }))).toEqual(failure);
    expect(log).toEqual(['add a', 'settle', 'undo a']);
  });
});
