import { FOREIGN } from '../foreign.ts';
import { installedSas } from '../installed.ts';
import { kernelPolicies, kernelSas, networkOf, routes } from '../kernel-state.ts';
import type { Lab } from '../lab.ts';
import { poll } from '../poll.ts';
import type { SideName } from '../scenario.ts';
import { saName } from './installed.ts';

/** Compared with the namespace before any gateway ran in it, and what actions added since. */
export async function expectNothingLeft(lab: Lab, on: SideName): Promise<void> {
  await poll(async () => {
    const before = new Set(lab.networkBefore.get(on));
    const sas = (await installedSas(lab, on)).map(saName);
    const policies = (await kernelPolicies(on)).filter((policy) => !policy.startsWith(FOREIGN.policy));
    const network = await networkOf(on);
    const added = network.filter((line) => !before.has(line) && !line.startsWith(FOREIGN.route));
    const left = [...sas, ...policies, ...added];
    return left.length === 0 ? { value: true } : { unmet: `left behind on ${on}: ${left.join('; ')}` };
  }, 10_000);
}

export async function expectForeignUntouched(on: SideName): Promise<void> {
  const sa = (await kernelSas(on)).some((entry) => FOREIGN.sa.includes(entry.spi));
  const policy = (await kernelPolicies(on)).some((entry) => entry.startsWith(FOREIGN.policy));
  const route = (await routes(on, 'main')).some((entry) => entry.startsWith(FOREIGN.route));
  const missing = Object.entries({ sa, policy, route }).filter(([, present]) => !present);
  if (missing.length > 0) throw new Error(`gone from ${on}: the foreign ${missing.map(([what]) => what).join(', ')}`);
}

/** Among those that every program of the machine goes by. */
export async function expectRoute(on: SideName, to: string, present: boolean): Promise<void> {
  await poll(async () => {
    const found = (await routes(on, 'main')).some((route) => route.startsWith(`${to} `));
    return found === present
      ? { value: true }
      : { unmet: `a route to ${to} on ${on} is ${found ? 'there' : 'missing'}` };
  }, 20_000);
}
