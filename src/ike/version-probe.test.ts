import { describe, expect, it } from 'vitest';
import { SeededEntropy } from '../base/entropy.ts';
import { performKeyExchange, privateKeyBytes } from '../crypto/key-exchange.ts';
import { CHEAP_IKE, LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { type Pair, pair } from './testing/pair.ts';
import { isTakenUp, probeMethod, versionProbe } from './version-probe.ts';

const SPI = '00112233445566aa';
const policy = tunnelPolicy(LEFT, RIGHT);

/** What the gateway on the right answers to the question of the one on the left. */
function ask({ right }: Pair, version: 1 | 2): Uint8Array | undefined {
  const entropy = new SeededEntropy(7);
  const method = probeMethod(policy) ?? 'modp1024';
  const made = performKeyExchange({
    kind: 'ke.generate',
    method,
    privateKey: entropy.bytes(privateKeyBytes(method)),
  });
  const publicValue = made.kind === 'ke.generate' ? made.publicValue : new Uint8Array(0);
  const question = versionProbe(policy, version, { initiatorSpi: SPI, nonce: entropy.bytes(32), publicValue });
  if (question === undefined) throw new RangeError('there is a question');
  const [from, to] = [LEFT.address, RIGHT.address].map((address) => ({ address, port: 500 }));
  if (from === undefined || to === undefined) throw new RangeError('both have an address');
  right.receive({ from, to, datagram: question });
  return right.take()[0]?.datagram;
}

function isTaken(right: Partial<TunnelPolicy>, version: 1 | 2): boolean {
  const answer = ask(pair({ right }), version);
  return answer !== undefined && isTakenUp(answer, version, SPI);
}

describe('a question in the other version', () => {
  it.each([1, 2] as const)('is taken up by who has the tunnel in IKEv%i, and by nobody else', (version) => {
    expect(isTaken({ version }, version)).toBe(true);
    expect(isTaken({ version: version === 1 ? 2 : 1 }, version)).toBe(false);
  });

  it.each([1, 2] as const)('is not taken up in IKEv%i where the proposals differ', (version) => {
    expect(isTaken({ version, ikeProposals: [{ ...CHEAP_IKE, encryption: ['aes256'] }] }, version)).toBe(false);
  });

  it('counts only what answers it, and throws for nothing', () => {
    const answer = ask(pair({ right: { version: 1 } }), 1) ?? new Uint8Array(0);
    expect(isTakenUp(answer, 1, SPI)).toBe(true);
    expect(isTakenUp(answer, 2, SPI)).toBe(false);
    expect(isTakenUp(answer, 1, '00112233445566ab')).toBe(false);
    for (let length = 0; length < answer.length; length += 1)
      expect(isTakenUp(answer.subarray(0, length), 1, SPI)).toBe(false);
  });

  it('is not asked in a version that cannot say the proposals', () => {
    const modern = { ...policy, ikeProposals: [{ ...CHEAP_IKE, encryption: ['aes256gcm16'], integrity: [] }] } as const;
    const randomness = { initiatorSpi: SPI, nonce: new Uint8Array(32), publicValue: new Uint8Array(32) };
    expect(versionProbe(modern, 1, randomness)).toBeUndefined();
  });
});
