import { describe, expect, it } from 'vitest';
import { type Proposal, parseProposal } from '../sa/proposal.ts';
import { alterInit, forge, read } from './testing/gateway.ts';
import { connected, converse, deliver, halfOpen, type Pair, pair } from './testing/pair.ts';
import { NOTIFY, notifyPayload } from './v2/wire/notify.ts';

function proposal(text: string): Proposal {
  const found = parseProposal(text, 'esp');
  if ('error' in found) throw new Error(found.error);
  return found;
}

const CHILDLESS = { childless: true, childProposals: [proposal('aes128gcm16-curve25519')] };
const PFS = { childProposals: [proposal('aes128gcm16-curve25519')] };
const NO_PFS = { childProposals: [proposal('aes128gcm16')] };

function expectConnected(both: Pair): void {
  for (const one of [both.left, both.right]) {
    one.endDrains();
    expect(one.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed', sends: true }] }]);
    expect(one.installedSas()).toBe(2);
  }
}

/** As `read` can only open what is protected: whether IKE_AUTH proposes a Child SA. */
function proposes(both: Pair): boolean {
  both.left.initiate();
  deliver(both.left, both.right);
  deliver(both.right, both.left);
  const [auth] = both.left.outbox;
  if (auth === undefined) throw new Error('no IKE_AUTH');
  return read(both.left, auth).some(({ type }) => type === 'SA' || type === 'TSi' || type === 'TSr');
}

describe('an IKE SA that begins without a Child SA (RFC 6023)', () => {
  it('asks for it afterwards, with a key exchange of its own', () => {
    const both = pair({ left: CHILDLESS, right: PFS });
    expect(proposes(both)).toBe(false);
    converse(both);
    expectConnected(both);
    expect(both.left.core.children()[0]?.suite.keyExchange).toBe('curve25519');
    expect(both.left.eventTypes().filter((type) => type === 'ike.established')).toHaveLength(1);
  });

  it('failure_init: begins as usual where the responder does not announce it', () => {
    const both = pair({ left: CHILDLESS, right: PFS });
    both.left.initiate();
    deliver(both.left, both.right);
    const unannounced = alterInit(both.right.takeOne(), (payloads) =>
      payloads.filter((payload) => payload.type !== 'N' || payload.notify !== NOTIFY.CHILDLESS_IKEV2_SUPPORTED),
    );
    both.left.receive(unannounced);
    const [auth] = both.left.outbox;
    if (auth === undefined) throw new Error('no IKE_AUTH');
    expect(read(both.left, auth).some(({ type }) => type === 'SA')).toBe(true);
  });

  it('failure_resp: ends where the peer takes nothing else and was not asked for it; the reason says what to do', () => {
    const both = halfOpen({ left: PFS, right: CHILDLESS });
    const [auth] = both.left.take();
    if (auth === undefined) throw new Error('no IKE_AUTH');
    expect(read(both.left, auth).some(({ type }) => type === 'SA')).toBe(true);
    const payloads = [notifyPayload('INVALID_SYNTAX')];
    both.left.receive(forge(both.right, { exchange: 'IKE_AUTH', messageId: 1, response: true, payloads }));
    expect(both.left.views()).toEqual([]);
    expect(both.left.timers.size).toBe(0);
    expect(both.left.installedSas()).toBe(0);
    expect(both.left.events.find(({ type }) => type === 'ike.failed')).toMatchObject({
      reason: { code: 'protocol-error', text: expect.stringContaining('ike.childless: true') },
    });
  });

  it('of another refusal the reason says nothing of this', () => {
    const both = halfOpen({ left: CHILDLESS, right: PFS });
    both.left.take();
    const payloads = [notifyPayload('INVALID_SYNTAX')];
    both.left.receive(forge(both.right, { exchange: 'IKE_AUTH', messageId: 1, response: true, payloads }));
    expect(both.left.events.find(({ type }) => type === 'ike.failed')).toMatchObject({
      reason: { text: 'the peer refuses IKE_AUTH with INVALID_SYNTAX' },
    });
  });

  it('shows a wrong PFS group at the start, and goes again', () => {
    const both = pair({ left: CHILDLESS, right: NO_PFS });
    both.left.initiate();
    converse(both);
    expect(both.left.reasonsOf('child.failed')).toEqual(['no-proposal-chosen']);
    expect(both.left.views()).toEqual([]);
    expect(both.right.views()).toEqual([]);
    expect(both.left.installedSas() + both.right.installedSas()).toBe(0);
  });

  it.each(['allocate-spi', 'add-sa'] as const)(
    'ends where its Child SA cannot be made here (%s), to start over',
    (step) => {
      const both = pair({ left: CHILDLESS, right: PFS });
      both.left.refuses = step;
      both.left.initiate();
      converse(both);
      expect(both.left.reasonsOf('child.failed')).toEqual(['kernel-refused']);
      expect(both.left.views()).toEqual([]);
      expect(both.right.views()).toEqual([]);
    },
  );

  it('replaces an older one when its Child SA stands, and not before', () => {
    const both = connected({ left: CHILDLESS, right: PFS });
    both.left.core.children();
    both.left.fire('rekey');
    converse(both);
    expectConnected(both);
    const again = connected({ left: { ...CHILDLESS, reauthenticate: true }, right: PFS });
    again.left.fire('rekey');
    converse(again);
    for (const one of [again.left, again.right]) one.endDrains();
    expect(again.left.views()).toMatchObject([{ id: 2, state: 'established', children: [{ state: 'installed' }] }]);
    expect(again.left.reasonsOf('ike.closed')).toEqual(['replaced']);
  });
});
