import { OWN_TABLE } from '../../../src/esp/tun/diversion-rules.ts';
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
    const network = (await networkOf(on)).filter((line) => !(lab.running.has(on) && OF_CHARON.test(line)));
    const added = network.filter((line) => !before.has(line) && !line.startsWith(FOREIGN.route));
    const left = [...sas, ...policies, ...added];
    return left.length === 0 ? { value: true } : { unmet: `left behind on ${on}: ${left.join('; ')}` };
  }, 10_000);
}

/** charon's rule for a routing table of its own, which is there as long as it runs. */
const OF_CHARON = /^IPv[46] rule .* lookup 220$/;

export async function expectForeignUntouched(on: SideName): Promise<void> {
  const sa = (await kernelSas(on)).some((entry) => FOREIGN.sa.includes(entry.spi));
  const policy = (await kernelPolicies(on)).some((entry) => entry.startsWith(FOREIGN.policy));
  const route = (await routes(on)).some((entry) => entry.startsWith(FOREIGN.route));
  const missing = Object.entries({ sa, policy, route }).filter(([, present]) => !present);
  if (missing.length > 0) throw new Error(`gone from ${on}: the foreign ${missing.map(([what]) => what).join(', ')}`);
}

/** Among those that the packets of every program of the machine go by. */
export async function expectRoute(on: SideName, to: string, present: boolean): Promise<void> {
  await poll(async () => {
    const found = (await routes(on)).some((route) => route.startsWith(`${to} `) && isForAll(route));
    return found === present
      ? { value: true }
      : { unmet: `a route to ${to} on ${on} is ${found ? 'there' : 'missing'}` };
  }, 20_000);
}

/** In the main table, which is not named, or in that of the userspace data plane for all packets of this machine. */
function isForAll(route: string): boolean {
  return !route.includes(' table ') || route.includes(` table ${OWN_TABLE} `);
}
