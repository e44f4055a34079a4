import type { Configuration } from './configuration.ts';
import type { Problem } from './problem.ts';
import { errorAt } from './problem.ts';

/** What the configuration language knows and this release cannot do yet: said at once, instead of never connecting. */
export function releaseLimits(configuration: Configuration): Problem[] {
  const [file = ''] = configuration.files;
  return configuration.dataplane === 'userspace'
    ? [errorAt({ file, line: 1, column: 1 }, 'dataplane: userspace is not in this release; use auto or kernel')]
    : [];
}
