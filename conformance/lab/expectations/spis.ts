import type { RunningGateway } from '../gateway.ts';
import type { Lab } from '../lab.ts';
import { poll } from '../poll.ts';
import type { SaKind, SideName } from '../scenario.ts';

/** The SPIs that a gateway reports, those of the two directions as one text for each SA. */
export async function spisOf(gateway: RunningGateway, of: SaKind): Promise<string[]> {
  if (of === 'children') return (await gateway.children()).map(({ spiIn, spiOut }) => `${spiIn}/${spiOut}`);
  const ikeSas = await gateway.ikeSas();
  return ikeSas.map(({ initiatorSpi, responderSpi }) => `${initiatorSpi}/${responderSpi}`);
}

/** Compares the SPIs of every gateway with those that it had at `remember-spis`. */
export async function expectSpis(lab: Lab, of: SaKind, are: 'new' | 'same'): Promise<void> {
  if (lab.rememberedSpis.size === 0) throw new Error('no SPIs were remembered');
  for (const [side, remembered] of lab.rememberedSpis) {
    const before = remembered[of];
    await poll(async () => {
      const now = await spisOf(lab.gateway(side), of);
      const fresh = now.filter((spis) => !before.includes(spis));
      // What is replaced may be there for a while.
      const met = are === 'new' ? fresh.length >= before.length : fresh.length === 0 && now.length === before.length;
      const seen = `${of} of ${side} were ${before.join(', ')} and are ${now.join(', ') || 'none'}`;
      return met ? { value: true } : { unmet: `${seen}, expected ${are} ones` };
    });
  }
}

export async function expectSaCount(lab: Lab, on: SideName, of: SaKind, is: number): Promise<void> {
  await poll(async () => {
    const count = await lab.gateway(on).count(of);
    return count === is ? { value: true } : { unmet: `${on} has ${count} ${of}, expected ${is}` };
  });
}
