import { describe, expect, it } from 'vitest';
import { parseProposal } from '../sa/proposal.ts';
import { connectedV1 } from './testing/ikev1.ts';
import { connected, converse } from './testing/pair.ts';

const WITH_PFS = {
  childProposals: [parseProposal('aes128gcm16-curve25519', 'esp')].flatMap((one) => ('error' in one ? [] : one)),
};

describe.each([
  ['IKEv1', (sides: object) => connectedV1('main', sides)],
  ['IKEv2', (sides: object) => connected(sides)],
])('key exchanges in %s', (version, connect) => {
  const { left, right } = connect({ left: WITH_PFS, right: WITH_PFS });

  it('of IKE SAs that are being made are no more urgent than what strangers ask for', () => {
    for (const { jobsOfEstablished } of [left, right]) {
      expect(jobsOfEstablished[0]).toBe(false);
      // Quick Mode has an exchange of its own, under an IKE SA that stands.
      expect(jobsOfEstablished.includes(true)).toBe(version === 'IKEv1');
    }
  });

  it('of established ones are', () => {
    const before = [left, right].map(({ jobsOfEstablished }) => jobsOfEstablished.length);
    left.fire(`rekey-${left.core.children()[0]?.id}`);
    converse({ left, right });
    for (const [index, { jobsOfEstablished }] of [left, right].entries()) {
      const rekeying = jobsOfEstablished.slice(before[index]);
      expect(rekeying.length).toBeGreaterThan(0);
      expect(rekeying).not.toContain(false);
    }
  });
});
