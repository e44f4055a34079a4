import { describe, expect, it } from 'vitest';
import { DIFFIE_HELLMAN } from './algorithms.ts';
import { knownAnswerFault } from './known-answer-test.ts';
import { nodeProvider } from './node-provider.ts';
import type { Provider } from './provider.ts';

describe('the known answer of a key exchange', () => {
  const { exchange } = nodeProvider;
  const together = DIFFIE_HELLMAN.filter(({ kind }) => kind !== 'modp').map(({ keyword }) => keyword);

  it.each(together)('%s: what does both halves at once has to give both as well', (method) => {
    const off = (half: 'publicValue' | 'sharedSecret'): Provider => ({
      ...nodeProvider,
      exchange: (...given) => {
        const made = exchange?.(...given);
        return made && { ...made, [half]: made[half].toReversed() };
      },
    });
    expect(knownAnswerFault(nodeProvider, 'keyExchange', method)).toBeUndefined();
    expect(knownAnswerFault(off('publicValue'), 'keyExchange', method)).toBe('gives a wrong answer');
    expect(knownAnswerFault(off('sharedSecret'), 'keyExchange', method)).toBe('gives a wrong answer');
  });
});
