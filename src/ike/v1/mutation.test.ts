import { describe, expect, it } from 'vitest';
import { SeededEntropy } from '../../base/entropy.ts';
import { LEFT, RIGHT } from '../../sim/tunnels.ts';
import { marked, messageOf, type Sent, TestGateway } from '../testing/gateway.ts';
import { converseWith, forgeRaw, ikeSaV1, type Mode, pairV1 } from '../testing/ikev1.ts';
import { below, mutate } from '../testing/mutations.ts';
import type { Pair } from '../testing/pair.ts';
import { encodePayloads } from './wire/payload.ts';

const SEED = 20260102;
const ROUNDS = 800;

type Recorded = { readonly sent: Sent; readonly both: Pair };

/** Every message of a tunnel that comes up, with both gateways as they are before it arrives. */
function recording(mode: Mode): Recorded[] {
  const live = pairV1(mode);
  const recorded: Recorded[] = [];
  live.left.initiate();
  converseWith(live, (_, sent) => recorded.push({ sent, both: copyOf(live) }));
  recorded.push({ sent: forgeRaw(live.left, 99, 0, new Uint8Array(0)), both: copyOf(live) });
  return recorded;
}

/** Both as they stand, to go on by themselves. */
function copyOf({ left, right }: Pair): Pair {
  return { left: copy(left, LEFT.address, 5), right: copy(right, RIGHT.address, 6) };
}

function copy(gateway: TestGateway, address: string, seed: number): TestGateway {
  return new TestGateway(address, { seed, tunnels: gateway.tunnels, state: gateway.core.snapshot() });
}

function to({ sent, both }: Recorded): TestGateway {
  return sent.to.address === LEFT.address ? both.left : both.right;
}

describe.each(['main', 'aggressive'] as const)('mutated messages, %s mode', (mode) => {
  it('any datagram at any point leaves the core, and the state that counts, whole', () => {
    const recorded = recording(mode);
    const entropy = new SeededEntropy(SEED);
    const seeds = recorded.map(({ sent }) => messageOf(sent));
    for (let round = 0; round < ROUNDS; round++) {
      const at = recorded[below(entropy, recorded.length)];
      if (at === undefined) continue;
      const message = mutate(seeds, entropy, messageOf(at.sent));
      // Three in four with a Length that fits and the SPIs of this IKE SA, so that more than the header is reached.
      if (message.length >= 28 && below(entropy, 4) !== 0) {
        new DataView(message.buffer).setUint32(24, message.length);
        message.set(messageOf(at.sent).subarray(0, 16));
      }
      const receiver = to({ sent: at.sent, both: copyOf(at.both) });
      receiver.receive({ ...at.sent, datagram: marked(at.sent.from, message) });
      expectWhole(receiver, round);
    }
  });

  it('authentic ones with any payloads inside, too', () => {
    const recorded = recording(mode);
    const last = recorded.at(-1);
    if (last === undefined) throw new Error('messages expected');
    const entropy = new SeededEntropy(SEED + 1);
    const seeds = AUTHENTIC.map(({ firstType, bytes }) => Uint8Array.of(firstType, ...bytes));
    let understood = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const both = copyOf(last.both);
      const [firstType = 0, ...rest] = mutate(seeds, entropy);
      const exchange = below(entropy, 2) === 0 ? 5 : 32;
      const sent = forgeRaw(both.left, 1 + round, firstType, Uint8Array.from(rest), exchange);
      both.right.receive(sent);
      expectWhole(both.right, round);
      if (!both.right.drops().some((why) => why.startsWith('syntax'))) understood++;
    }
    expect(understood).toBeGreaterThan(ROUNDS / 50);
    expect(understood).toBeLessThan(ROUNDS);
  });
});

/** What an authenticated peer sends, as seeds. */
const AUTHENTIC = [
  encodePayloads([{ type: 'D', doi: 1, protocol: 3, spis: [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8)] }]),
  encodePayloads([{ type: 'D', doi: 1, protocol: 1, spis: [new Uint8Array(16)] }]),
  encodePayloads([
    { type: 'N', doi: 1, protocol: 1, spi: new Uint8Array(16), notify: 36_136, data: Uint8Array.of(0, 0, 0, 1) },
    { type: 'N', doi: 1, protocol: 3, spi: new Uint8Array(4), notify: 14, data: new Uint8Array(0) },
  ]),
  encodePayloads([
    {
      type: 'SA',
      proposals: [],
      // DOI, situation; ESP with one transform: AES-128, HMAC-SHA-256, tunnel mode.
      body: Uint8Array.of(
        ...[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 32, 1, 3, 4, 1, 0xc1, 2, 3, 4],
        ...[0, 0, 0, 20, 1, 12, 0, 0, 0x80, 4, 0, 1, 0x80, 6, 0, 128, 0x80, 5, 0, 5],
      ),
    },
    { type: 'Nonce', data: new Uint8Array(16).fill(7) },
    idOf(10, 1),
    idOf(10, 2),
  ]),
];

function idOf(a: number, b: number) {
  const data = Uint8Array.of(a, b, 0, 0, 255, 255, 0, 0);
  return { type: 'ID', idType: 4, protocol: 0, port: 0, data, body: Uint8Array.of(4, 0, 0, 0, ...data) } as const;
}

function expectWhole(gateway: TestGateway, round: number): void {
  const text = JSON.stringify(gateway.events);
  if (/internal-error|bug:/.test(text)) throw new Error(`seed ${SEED}, round ${round}: ${text}`);
  const state = gateway.core.snapshot();
  expect(state.ikeSas.size).toBeLessThanOrEqual(2);
  expect(state.drops.size).toBeLessThanOrEqual(2);
  if (state.ikeSas.size > 0) expect(ikeSaV1(gateway).queue).toEqual([]);
  for (const timers of state.timers.keys()) if (typeof timers === 'number') expect(state.ikeSas.has(timers)).toBe(true);
}
