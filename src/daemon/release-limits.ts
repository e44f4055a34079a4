import type { Configuration } from '../config/configuration.ts';
import type { Problem } from '../config/problem.ts';
import { errorAt } from '../config/problem.ts';

/** What the configuration language knows and this release cannot do yet: said at once, instead of never connecting. */
export function releaseLimits(configuration: Configuration): Problem[] {
  const [file = ''] = configuration.files;
  const userspace =
    configuration.dataplane === 'userspace'
      ? [errorAt({ file, line: 1, column: 1 }, 'dataplane: userspace is not in this release; use auto or kernel')]
      : [];
  const version1 = configuration.tunnels
    .filter(({ enabled, policy }) => enabled && policy.version === 1)
    .map(({ name, origin }) =>
      errorAt(origin, `tunnels.${name}: IKEv1 is not in this release; set ike.version to 2, or enabled to false`),
    );
  return [...userspace, ...version1];
}
