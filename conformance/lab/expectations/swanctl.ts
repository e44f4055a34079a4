import type { Lab } from '../lab.ts';
import { poll } from '../poll.ts';
import type { Expectation } from '../scenario.ts';

/** What Debian's swanctl prints of a side's daemon. */
export async function expectSwanctl(
  lab: Lab,
  { on, of, matches, never = [] }: Extract<Expectation, { readonly expect: 'swanctl' }>,
): Promise<void> {
  await poll(async () => {
    const { stdout } = await lab.swanctl(on).swanctl.ask(...of);
    const missing = matches.filter((pattern) => !new RegExp(pattern).test(stdout));
    const wrong = never.filter((pattern) => new RegExp(pattern).test(stdout));
    const unmet = [...missing.map((pattern) => `nothing like ${pattern}`), ...wrong.map((pattern) => `has ${pattern}`)];
    const [first] = unmet;
    return first === undefined ? { value: true } : { unmet: `swanctl ${of.join(' ')} of ${on}: ${first}: ${stdout}` };
  }, 20_000);
}
