import { describe, expect, it } from 'vitest';
import { closingLine, reportText, resultLine, totals } from './report.ts';
import { directoryOf, type Result, resultsIn } from './results.ts';

const results: readonly Result[] = [
  { name: 'basic/one', status: 'passed', seconds: 4.25 },
  { name: 'basic/two', status: 'failed', seconds: 61, reason: 'step 2 (pings): 0 of 3\n answered' },
  { name: 'basic/three', status: 'skipped', seconds: 0, reason: 'no ESP' },
];

describe('the results of a worker', () => {
  it('are those that are waited for, without what ran before and what is half written', () => {
    const text = `${results.map((result) => JSON.stringify(result)).join('\n')}\n{"name":"basic/four","status":"pas`;
    expect(resultsIn(text, new Set(['basic/two', 'basic/four']))).toEqual([results[1]]);
  });
});

describe('the report of a conformance run', () => {
  it('closes with the three counts', () => {
    expect(closingLine(totals(results))).toBe('1 passed, 1 failed, 1 skipped');
  });

  it('has one line a scenario, with the first failed expectation', () => {
    expect(results.map(resultLine)).toEqual([
      'passed  basic/one (4.3 s)',
      'failed  basic/two (61.0 s): step 2 (pings): 0 of 3 | answered',
      'skipped basic/three (0.0 s): no ESP',
    ]);
  });

  it('names a failure, where its logs lie, and what has not run at all', () => {
    const entries = [...results, { name: 'basic/four' }].map(({ name }) => ({
      name,
      title: `${name} | holds`,
      rfc: ['RFC 7296 §2.6'],
      check: { module: '', check: '' },
    }));
    const text = reportText(entries, results, 'a kernel');
    expect(text).toContain('- basic/two (logs in `basic__two/`): step 2 (pings)');
    expect(text).toContain('| basic/four | basic/four \\| holds | RFC 7296 §2.6 | not run |');
    expect(directoryOf('algorithms/ciphers/3des-md5')).toBe('algorithms__ciphers__3des-md5');
  });
});
