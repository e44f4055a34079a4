import { describe, expect, it } from 'vitest';
import { MINUTE } from '../base/time.ts';
import { liveWithoutEnd } from './endless-lives.ts';
import { CorePair } from './pair.ts';

/** A tunnel that is rekeyed once a minute, and whose kernel loses an outbound SA at `broken`. */
function minuteOf(seed: number, broken: number): { rekeyings: number } {
  const pair = new CorePair({ seed, tunnel: { childLifetime: MINUTE } });
  pair.connect();
  const [child] = pair.left.machine.children();
  if (child !== undefined && seed === broken)
    pair.left.kernel.tables.apply({ kind: 'remove-sa', sa: child.outbound }, 0);
  pair.world.run(MINUTE);
  return { rekeyings: 1 };
}

describe('lives without end', () => {
  it('end at the first that breaks an invariant, with its trace, its seed and what plays it again', async () => {
    const said: string[] = [];
    const lived: number[] = [];
    const status = await liveWithoutEnd({
      first: 4_711,
      lifeOf: (seed) => {
        lived.push(seed);
        return minuteOf(seed, 4_713);
      },
      say: (text) => said.push(text),
      isStopped: () => false,
    });
    expect(status).toBe(1);
    expect(lived).toEqual([4_711, 4_712, 4_713]);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/^seed 4713: left: nothing can be sent for 10\.1\.0\.0.*\nReplay with SIM_SEED=4713/);
    expect(said[0]?.split('\n').length).toBeGreaterThan(20);
    expect(said[1]).toBe('seed 4713 failed after 2 seeds, 2 rekeyings; again with: npm run soak -- 4713');
  });

  it('go on until they are stopped, and say how far they have come', async () => {
    const said: string[] = [];
    let lives = 0;
    const status = await liveWithoutEnd({
      first: 1,
      lifeOf: () => ({ rekeyings: ++lives % 2 }),
      say: (text) => said.push(text),
      isStopped: () => lives === 150,
    });
    expect(status).toBe(0);
    expect(said).toEqual([
      '100 seeds, 50 rekeyings, at seed 100',
      'stopped after 150 seeds, 75 rekeyings: none failed',
    ]);
  });
});
