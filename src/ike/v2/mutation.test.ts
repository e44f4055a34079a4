import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../base/bytes.ts';
import { type Entropy, SeededEntropy } from '../../base/entropy.ts';
import { WireError } from '../../base/errors.ts';
import { below, mutate } from '../testing/mutations.ts';
import { openMessage, sealChain } from './encrypted-payload.ts';
import { identityFromPayload } from './identities.ts';
import { readOffers, suiteFromWire } from './proposals.ts';
import { ivOf, protectionOf } from './testing/protections.ts';
import { decodePlainMessage, type MessageHeader } from './wire/message.ts';
import { decodePayloads, encodePayloads, type Payload } from './wire/payload.ts';

const SEED = 20260101;
const ROUNDS = 6_000;

const HEADER: MessageHeader = {
  initiatorSpi: 'c0c1c2c3c4c5c6c7',
  responderSpi: 'd0d1d2d3d4d5d6d7',
  exchangeType: 35,
  flags: 0x08,
  messageId: 1,
};

describe('mutated messages (conformance/corpus/ikev2)', () => {
  it('a datagram is understood or refused with a WireError, and nothing else happens', () => {
    const messages = corpus('messages.hex').map((line) => fromHex(line));
    const outcome = fuzz(messages, (mutant, entropy) => {
      // Half of them with a Length that fits, so that more than the header's check is reached.
      if (mutant.length >= 28 && below(entropy, 2) === 0) new DataView(mutant.buffer).setUint32(24, mutant.length);
      consume(decodePlainMessage(mutant).payloads);
    });
    expect(outcome.understood).toBeGreaterThan(ROUNDS / 50);
    expect(outcome.refused).toBeGreaterThan(ROUNDS / 50);
  });

  it('what an authenticated peer sends inside an Encrypted payload is, too', () => {
    const chains = corpus('chains.hex').map((line) =>
      Uint8Array.of(Number.parseInt(line, 10), ...fromHex(line.replace(/^\d+ /, ''))),
    );
    const protection = protectionOf('aes128gcm16');
    const iv = ivOf(protection);
    const outcome = fuzz(chains, (mutant) => {
      const [innerType = 0] = mutant;
      const sealed = sealChain({ ...protection, header: HEADER, innerType, chain: mutant.subarray(1), iv });
      const opened = openMessage(sealed, protection.suite, protection.keys);
      expect(opened).toMatchObject({ firstType: innerType });
      if (opened !== undefined) consume(decodePayloads(opened.firstType, opened.chain));
    });
    expect(outcome.understood).toBeGreaterThan(ROUNDS / 50);
    expect(outcome.refused).toBeGreaterThan(ROUNDS / 50);
  });
});

/** Does with decoded payloads what an exchange would, and checks that they mean the same when written again. */
function consume(payloads: readonly Payload[]): void {
  for (const payload of payloads) {
    if (payload.type === 'SA') {
      for (const { proposal } of readOffers(payload.proposals))
        expect(proposal.encryption.length + proposal.integrity.length).toBeGreaterThan(0);
      for (const wire of payload.proposals) suiteFromWire(wire, 8);
    }
    if (payload.type === 'IDi' || payload.type === 'IDr') identityFromPayload(payload);
  }
  // Unknown attributes and unknown selectors are not kept, so only what was kept must come back.
  const lossy = payloads.some(
    (payload) =>
      (payload.type === 'SA' &&
        payload.proposals.some(({ transforms }) => transforms.some((transform) => transform.unknownAttribute))) ||
      ((payload.type === 'TSi' || payload.type === 'TSr') && payload.selectors.length === 0),
  );
  if (lossy) return;
  const { firstType, bytes } = encodePayloads(payloads);
  expect(decodePayloads(firstType, bytes)).toEqual(payloads);
}

function fuzz(
  seeds: readonly Uint8Array[],
  run: (mutant: Uint8Array, entropy: Entropy) => void,
): { understood: number; refused: number } {
  const entropy = new SeededEntropy(SEED);
  const outcome = { understood: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const mutant = mutate(seeds, entropy);
    try {
      run(mutant, entropy);
      outcome.understood++;
    } catch (error) {
      if (!(error instanceof WireError)) throw new Error(`seed ${SEED}, round ${round}`, { cause: error });
      outcome.refused++;
    }
  }
  return outcome;
}

function corpus(name: string): string[] {
  const text = readFileSync(new URL(`../../../conformance/corpus/ikev2/${name}`, import.meta.url), 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}
