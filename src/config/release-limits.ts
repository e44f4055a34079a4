import type { Configuration } from './configuration.ts';
import type { Problem } from './problem.ts';
import { errorAt } from './problem.ts';

/** What the configuration language knows and this release cannot do yet: said at once, instead of never connecting. */
export function releaseLimits(configuration: Configuration): Problem[] {
  const [file = ''] = configuration.files;
  const userspace =
    configuration.dataplane === 'userspace'
      ? [errorAt({ file, line: 1, column: 1 }, 'dataplane: userspace is not in this release; use auto or kernel')]
      : [];
  const tunnels = configuration.tunnels.filter(({ enabled }) => enabled);
  const onTraffic = tunnels
    .filter(({ policy }) => policy.start === 'on-traffic')
    .map(({ name, origin }) =>
      errorAt(origin, `tunnels.${name}: start: on-traffic is not in this release; use initiate or respond`),
    );
  return [...userspace, ...onTraffic];
}
