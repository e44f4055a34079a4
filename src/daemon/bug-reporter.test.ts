import { describe, expect, it } from 'vitest';
import { BugReporter } from './bug-reporter.ts';
import { RecordingLog } from './testing/recording-log.ts';

describe('bug reporter', () => {
  it('tells the first ones of each kind, counts all, and goes on telling at a slow rate', () => {
    const log = new RecordingLog();
    let now = 0;
    const reporter = new BugReporter(log, () => now);
    for (let index = 0; index < 1_000; index++) reporter.report('datagram', new Error('x'));
    reporter.report('timer', new Error('y'));
    expect(log.lines).toHaveLength(6);
    expect(log.lines.at(-1)).toEqual({ level: 'error', msg: 'bug while handling timer', event: 'bug' });
    now += 10_000;
    reporter.report('datagram', new Error('x'));
    expect(log.lines).toHaveLength(7);
  });
});
