import { describe, expect, it } from 'vitest';
import { MINUTE } from '../base/time.ts';
import { type Proposal, parseProposal } from '../sa/proposal.ts';
import { forge, read, type Sent, type TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, type Pair } from './testing/pair.ts';
import { SWITCH_TIME } from './v2/child-switch.ts';
import { NOTIFY, notifyPayload } from './v2/wire/notify.ts';

function proposal(text: string): Proposal {
  const found = parseProposal(text, 'esp');
  if ('error' in found) throw new Error(found.error);
  return found;
}

const WITHOUT_PFS = { childProposals: [proposal('aes128gcm16')] };
const WITH_PFS = { childProposals: [proposal('aes128gcm16-curve25519')] };

/** Both ends hold one Child SA, the same one, under one IKE SA, and nothing else is in either data plane. */
function expectOne({ left, right }: Pair): void {
  for (const one of [left, right]) one.endDrains();
  const [ours, theirs] = [left.views(), right.views()];
  expect(ours).toMatchObject([{ state: 'established', children: [{ state: 'installed', sends: true }] }]);
  expect(theirs).toMatchObject([{ state: 'established', children: [{ state: 'installed', sends: true }] }]);
  expect(ours[0]?.children[0]?.inbound).toEqual(theirs[0]?.children[0]?.outbound);
  expect(ours[0]?.children[0]?.outbound).toEqual(theirs[0]?.children[0]?.inbound);
  expect([ours[0]?.initiatorSpi, ours[0]?.responderSpi]).toEqual([theirs[0]?.initiatorSpi, theirs[0]?.responderSpi]);
  for (const one of [left, right]) expect(one.installedSas()).toBe(2);
}

function childOf(gateway: TestGateway): string {
  const child = gateway.core.children().find(({ state }) => state === 'installed');
  if (child === undefined) throw new Error('no Child SA');
  return child.id;
}

function rekeyChild(gateway: TestGateway): void {
  gateway.fire(`rekey-${childOf(gateway)}`);
}

function notifiesOf(sender: TestGateway, sent: Sent): number[] {
  return read(sender, sent).flatMap((payload) => (payload.type === 'N' ? [payload.notify] : []));
}

describe.each([
  ['without PFS', WITHOUT_PFS],
  ['with PFS', WITH_PFS],
])('a Child SA is rekeyed %s', (_, policy) => {
  it.each(['left', 'right'] as const)('by the %s side: make before break', (side) => {
    const both = connected({ left: policy, right: policy });
    const old = both.left.core.children()[0];
    rekeyChild(both[side]);
    converse(both);
    expectOne(both);
    expect(both.left.core.children()[0]?.inbound.spi).not.toBe(old?.inbound.spi);
    expect(both.left.events).toContainEqual(expect.objectContaining({ type: 'child.rekeyed', child: 'net#1' }));
    expect(both.right.events).toContainEqual(expect.objectContaining({ type: 'child.rekeyed', child: 'net#1' }));
  });

  it('who answers sends through the old one until that is deleted (§2.8)', () => {
    const both = connected({ left: policy, right: policy });
    rekeyChild(both.left);
    deliver(both.left, both.right);
    expect(both.right.core.children()).toMatchObject([
      { state: 'rekeying', sends: true },
      { state: 'installing', sends: false },
    ]);
    deliver(both.right, both.left);
    expect(both.left.core.children()).toMatchObject([
      { state: 'rekeyed', sends: false },
      { state: 'installed', sends: true },
    ]);
    deliver(both.left, both.right);
    expect(both.right.core.children()).toMatchObject([
      { state: 'deleting', sends: false },
      { state: 'installed', sends: true },
    ]);
    converse(both);
    expectOne(both);
  });

  it.each([
    ['when packets have come in through the new one', 1, 1],
    ['within a minute in any case', 0, MINUTE / SWITCH_TIME],
  ])('where the peer deletes nothing, the other end changes over %s', (_, packets, looks) => {
    const both = connected({ left: policy, right: policy });
    rekeyChild(both.left);
    deliver(both.left, both.right);
    both.right.packets = packets;
    for (let look = 1; look <= looks; look++) {
      expect(both.right.core.children()).toMatchObject([{ sends: true }, { state: 'installing', sends: false }]);
      both.right.fire('switch-net#2');
    }
    expect(both.right.core.children()).toMatchObject([
      { state: 'rekeyed', sends: false },
      { state: 'installed', sends: true },
    ]);
    converse(both);
    expectOne(both);
  });

  it('forty times within seconds: what has drained longest goes first, as the peer may still send through the others', () => {
    const both = connected({ left: policy, right: policy });
    const replaced: string[] = [];
    for (let count = 0; count < 40; count++) {
      replaced.push(childOf(both.left));
      rekeyChild(both.left);
      converse(both);
    }
    const drains = both.left.core.children().flatMap(({ id, state }) => (state === 'deleting' ? [id] : []));
    expect(drains).toEqual(replaced.slice(-32));
  });

  it('from both sides at once: one successor stays, whoever has the lowest nonce', () => {
    const stays = new Set<string>();
    for (let round = 0; round < 8; round++) {
      const both = connected({ left: policy, right: policy });
      for (let before = 0; before < round; before++) {
        rekeyChild(both.left);
        converse(both);
      }
      for (const one of [both.left, both.right]) one.endDrains();
      rekeyChild(both.left);
      rekeyChild(both.right);
      converse(both);
      expectOne(both);
      stays.add(both.left.ikeSa().role === 'initiator' ? (both.left.core.children()[0]?.id ?? '') : '');
    }
    expect(stays.size).toBeGreaterThan(1);
  });
});

describe('the IKE SA is rekeyed', () => {
  it.each(['left', 'right'] as const)('by the %s side: it hands over its Child SA', (side) => {
    const both = connected();
    const child = both.left.core.children()[0];
    const spi = both.left.views()[0]?.initiatorSpi;
    both[side].fire('rekey');
    converse(both);
    expectOne(both);
    expect(both.left.core.children()[0]?.inbound).toEqual(child?.inbound);
    expect(both.left.views()[0]?.initiatorSpi).not.toBe(spi);
    expect(both[side].views()[0]?.role).toBe('initiator');
    // The successor works: message IDs from 0, its own keys.
    rekeyChild(both.left);
    converse(both);
    rekeyChild(both.right);
    converse(both);
    expectOne(both);
  });

  it('from both sides at once: one successor stays', () => {
    for (let round = 0; round < 6; round++) {
      const both = connected();
      for (let before = 0; before < round; before++) {
        both.left.fire('rekey');
        converse(both);
      }
      both.left.fire('rekey');
      both.right.fire('rekey');
      converse(both);
      expectOne(both);
    }
  });

  it('while a Child SA is replaced: TEMPORARY_FAILURE to both, and both go through later (§2.25)', () => {
    const both = connected();
    rekeyChild(both.left);
    both.right.fire('rekey');
    const [fromLeft, fromRight] = [both.left.takeOne(), both.right.takeOne()];
    both.left.receive(fromRight);
    both.right.receive(fromLeft);
    const [toRight, toLeft] = [both.left.takeOne(), both.right.takeOne()];
    expect(notifiesOf(both.left, toRight)).toEqual([NOTIFY.TEMPORARY_FAILURE]);
    expect(notifiesOf(both.right, toLeft)).toEqual([NOTIFY.TEMPORARY_FAILURE]);
    both.left.receive(toLeft);
    both.right.receive(toRight);
    both.right.fire('retry');
    converse(both);
    expect(both.right.events).toContainEqual(expect.objectContaining({ type: 'ike.rekeyed' }));
    rekeyChild(both.left);
    converse(both);
    expectOne(both);
  });
});

describe('what the peer says to a rekeying', () => {
  it('INVALID_KE_PAYLOAD: again with its group', () => {
    const left = { childProposals: [proposal('aes128gcm16-ecp256-curve25519')] };
    const both = connected({ left, right: WITH_PFS });
    rekeyChild(both.left);
    converse(both);
    expectOne(both);
    expect(both.left.core.children()[0]?.suite.keyExchange).toBe('curve25519');
  });

  it('NO_PROPOSAL_CHOSEN, as its PFS group differs: a new IKE SA takes over, make before break', () => {
    const both = connected({ left: WITH_PFS, right: WITHOUT_PFS });
    rekeyChild(both.left);
    converse(both);
    expectOne(both);
    expect(both.left.reasonsOf('child.failed')).toEqual(['no-proposal-chosen']);
    expect(both.left.reasonsOf('ike.closed')).toEqual(['replaced']);
  });

  it('CHILD_SA_NOT_FOUND: it goes, and another one is made from scratch', () => {
    const { left, right } = connected();
    rekeyChild(left);
    const messageId = left.ikeSa().outstanding?.messageId ?? 0;
    left.take();
    const payloads = [notifyPayload('CHILD_SA_NOT_FOUND')];
    left.receive(forge(right, { exchange: 'CREATE_CHILD_SA', messageId, response: true, payloads }));
    expect(left.core.children()).toEqual([]);
    expect(read(left, left.takeOne()).map(({ type }) => type)).toEqual(['SA', 'Nonce', 'TSi', 'TSr']);
  });

  it.each(['Delete', 'refusal'] as const)(
    'TEMPORARY_FAILURE, as the peer is deleting it (§2.25.1), the %s first: it is not asked for again',
    (first) => {
      const both = connected();
      const { left, right } = both;
      const sa = right.core.children()[0]?.inbound;
      if (sa === undefined) throw new Error('no Child SA');
      right.input({ kind: 'dataplane.event', event: { kind: 'expire', sa, hard: true } });
      const deletion = right.takeOne();
      rekeyChild(left);
      deliver(left, right);
      const refusal = right.takeOne();
      expect(read(right, refusal)).toMatchObject([{ type: 'N', notify: NOTIFY.TEMPORARY_FAILURE }]);
      for (const one of first === 'Delete' ? [deletion, refusal] : [refusal, deletion]) left.receive(one);
      converse(both);
      left.fire('retry');
      expect(left.take()).toEqual([]);
      expectOne(both);
    },
  );
});

describe('the lifetime of the IKE SA with `reauthenticate`', () => {
  it('ends with a new IKE SA, made before the old one is deleted', () => {
    const both = connected({ left: { reauthenticate: true } });
    both.left.fire('rekey');
    converse(both);
    expectOne(both);
    expect(both.left.views()[0]?.id).toBe(2);
    expect(both.left.reasonsOf('ike.closed')).toEqual(['replaced']);
  });

  it('changes nothing at the other end as long as the new one may be unknown to its initiator', () => {
    const both = connected({ left: { reauthenticate: true } });
    both.left.fire('rekey');
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    deliver(both.left, both.right);
    // The answer to IKE_AUTH is lost.
    both.right.take();
    for (const timer of ['switch-net#2', 'superfluous']) {
      both.right.fire(timer);
      expect(both.right.core.children()).toMatchObject([
        { id: 'net#1', state: 'installed', sends: true },
        { id: 'net#2', state: 'installing', sends: false },
      ]);
    }
    // It has asked within the new one, once; an answer would be the proof.
    expect(both.right.take()).toHaveLength(1);
  });
});
