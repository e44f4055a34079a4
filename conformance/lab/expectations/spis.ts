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
  const remembered = [...lab.rememberedSpis].map(([side, spis]) => ({ side, before: spis[of] }));
  if (remembered.length === 0) throw new Error('no SPIs were remembered');
  // What is replaced may be listed for a while, at that moment and now.
  const wanted = Math.min(...remembered.map(({ before }) => before.length));
  for (const { side, before } of remembered) {
    await poll(async () => {
      const now = await spisOf(lab.gateway(side), of);
      const fresh = now.filter((spis) => !before.includes(spis));
      const met = are === 'new' ? fresh.length >= wanted : fresh.length === 0 && now.length >= wanted;
      const seen = `${of} of ${side} were ${before.join(', ')} and are ${now.join(', ') || 'none'}`;
      return met ? { value: true } : { unmet: `${seen}, expected ${are} ones` };
    });
  }
}

export async function expectSaCount(lab: Lab, on: SideName, of: SaKind, is: number): Promise<void> {
  await poll(
    async () => {
      const count = await lab.gateway(on).count(of);
      return count === is ? { value: true } : { unmet: `${on} has ${count} ${of}, expected ${is}` };
    },
    PATIENCE_MS + is * EACH_MS,
  );
}

const PATIENCE_MS = 60_000;
/** What a slow machine needs for an SA where there are hundreds of them. */
const EACH_MS = 300;
