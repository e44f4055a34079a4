import { describe, expect, it } from 'vitest';
import { formatProblem } from './problem.ts';
import { releaseLimits } from './release-limits.ts';
import { loadText, tunnelText } from './testing/load-text.ts';

function problems(more: string, top = ''): string[] {
  return releaseLimits(loadText(tunnelText(more, top))).map(formatProblem);
}

describe('what this release cannot do yet', () => {
  it('nothing is wrong with either version on the kernel', () => {
    expect(problems('', 'dataplane: kernel')).toEqual([]);
    expect(problems('ike: {version: 1}', 'dataplane: kernel')).toEqual([]);
  });

  it('the userspace data plane is refused', () => {
    expect(problems('', 'dataplane: userspace')).toEqual([
      '/etc/cygnet/cygnet.yaml:1:1 error dataplane: userspace is not in this release; use auto or kernel',
    ]);
  });
});
