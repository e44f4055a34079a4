import type { Lab } from '../lab.ts';
import { poll } from '../poll.ts';
import type { Expectation } from '../scenario.ts';

/** Cygnet tells in its diagnosis by how much each counter of its data plane has moved. */
export async function expectRefusedPackets(
  lab: Lab,
  { on, counter, atLeast }: Extract<Expectation, { readonly expect: 'refused-packets' }>,
): Promise<void> {
  const pattern = new RegExp(`\\b(\\d+) more ${counter}\\b`);
  await poll(async () => {
    const { evidence } = await lab.cygnet(on).diagnosis();
    const counted = Number(pattern.exec(evidence.join('\n'))?.[1] ?? 0);
    return counted >= atLeast
      ? { value: true }
      : { unmet: `${on} counts ${counted} ${counter}, expected ${atLeast} (${evidence.join(' | ')})` };
  }, 20_000);
}
