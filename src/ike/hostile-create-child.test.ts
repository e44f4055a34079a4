import { describe, expect, it } from 'vitest';
import { type Proposal, parseProposal } from '../sa/proposal.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { alter, forge, read, type Sent, type TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, type Pair } from './testing/pair.ts';
import { NOTIFY } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';

function proposal(text: string): Proposal {
  const found = parseProposal(text, 'esp');
  if ('error' in found) throw new Error(found.error);
  return found;
}

const PFS = { childProposals: [proposal('aes128gcm16-curve25519')] };

function tunnel(): Pair {
  return connected({ left: PFS, right: PFS });
}

/** What the left side asks for when its Child SA, or its IKE SA, is due. */
function due({ left }: Pair, what: 'child' | 'ike'): Sent {
  left.fire(what === 'child' ? 'rekey-net#1' : 'rekey');
  return left.takeOne();
}

function answered(gateway: TestGateway): number[] {
  return read(gateway, gateway.takeOne()).flatMap((payload) => (payload.type === 'N' ? [payload.notify] : []));
}

type Change = (payloads: Payload[]) => readonly Payload[];

const without =
  (type: Payload['type']): Change =>
  (payloads) =>
    payloads.filter((payload) => payload.type !== type);

const doubled =
  (type: Payload['type']): Change =>
  (payloads) =>
    payloads.flatMap((payload) => (payload.type === type ? [payload, payload] : [payload]));

const edited =
  <Type extends Payload['type']>(
    type: Type,
    edit: (payload: Extract<Payload, { readonly type: Type }>) => Payload,
  ): Change =>
  (payloads) =>
    payloads.map((payload) => (payload.type === type ? edit(payload as never) : payload));

const NARROW = selectorFromPrefix({ address: '10.1.7.0', length: 24 });
const ELSEWHERE = selectorFromPrefix({ address: '172.16.0.0', length: 16 });

const spi = (bytes: Uint8Array): Change =>
  edited('SA', (payload) => ({ ...payload, proposals: payload.proposals.map((one) => ({ ...one, spi: bytes })) }));

const transforms = (type: number, id: number): Change =>
  edited('SA', (payload) => ({
    ...payload,
    proposals: payload.proposals.map((one) => ({
      ...one,
      transforms: one.transforms.map((transform) => (transform.type === type ? { ...transform, id } : transform)),
    })),
  }));

describe('a request to replace a Child SA (O7)', () => {
  it.each<[string, Change, number]>([
    ['without KE under PFS', without('KE'), NOTIFY.INVALID_KE_PAYLOAD],
    [
      'with KE of another method',
      edited('KE', (ke) => ({ ...ke, method: 19, data: new Uint8Array(64) })),
      NOTIFY.INVALID_KE_PAYLOAD,
    ],
    ['with a reserved SPI', spi(Uint8Array.of(0, 0, 0, 255)), NOTIFY.NO_PROPOSAL_CHOSEN],
    ['with an SPI of 8 bytes', spi(new Uint8Array(8).fill(7)), NOTIFY.NO_PROPOSAL_CHOSEN],
    ['with another cipher than is configured', transforms(1, 3), NOTIFY.NO_PROPOSAL_CHOSEN],
    [
      'with narrower selectors (§2.9.2)',
      edited('TSi', (ts) => ({ ...ts, selectors: [NARROW] })),
      NOTIFY.TS_UNACCEPTABLE,
    ],
    ['with selectors elsewhere', edited('TSi', (ts) => ({ ...ts, selectors: [ELSEWHERE] })), NOTIFY.TS_UNACCEPTABLE],
  ])('%s is refused, and the old one carries on', (_, change, notify) => {
    const both = tunnel();
    both.right.receive(alter(both.left, due(both, 'child'), change));
    expect(answered(both.right)).toEqual([notify]);
    expect(both.right.core.children()).toMatchObject([{ id: 'net#1', state: 'installed', sends: true }]);
    expect(both.right.installedSas()).toBe(2);
  });

  it.each<[string, Change]>([
    ['without a nonce', without('Nonce')],
    ['without TSi', without('TSi')],
    ['without SA', without('SA')],
    ['with SA twice', doubled('SA')],
    ['with KE twice', doubled('KE')],
    ['with a public value of small order', edited('KE', (ke) => ({ ...ke, data: new Uint8Array(32) }))],
  ])('%s is no message of an honest peer: the IKE SA ends (§2.21.3)', (_, change) => {
    const both = tunnel();
    both.right.receive(alter(both.left, due(both, 'child'), change));
    expect(both.right.take()).toHaveLength(1);
    expect(both.right.reasonsOf('ike.closed')).toEqual(['protocol-error']);
    expect(both.right.views()).toEqual([]);
    expect(both.right.installedSas()).toBe(0);
  });

  it('wider selectors are narrowed to what the old one has', () => {
    const both = tunnel();
    const wide = selectorFromPrefix({ address: '10.0.0.0', length: 8 });
    both.right.receive(
      alter(
        both.left,
        due(both, 'child'),
        edited('TSi', (ts) => ({ ...ts, selectors: [wide] })),
      ),
    );
    const [old, fresh] = both.right.core.children();
    expect(fresh?.remoteSelectors).toEqual(old?.remoteSelectors);
  });
});

describe('a request to replace the IKE SA', () => {
  it.each<[string, Change, number]>([
    ['with an SPI of zero', spi(new Uint8Array(8)), NOTIFY.NO_PROPOSAL_CHOSEN],
    ['with an SPI of 4 bytes', spi(new Uint8Array(4).fill(9)), NOTIFY.NO_PROPOSAL_CHOSEN],
    ['with another PRF than is configured', transforms(2, 1), NOTIFY.NO_PROPOSAL_CHOSEN],
  ])('%s is refused, and nothing changes', (_, change, notify) => {
    const both = tunnel();
    both.right.receive(alter(both.left, due(both, 'ike'), change));
    expect(answered(both.right)).toEqual([notify]);
    expect(both.right.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
  });

  it.each<[string, Change]>([
    ['without KE', without('KE')],
    ['without a nonce', without('Nonce')],
    ['with a public value of small order', edited('KE', (ke) => ({ ...ke, data: new Uint8Array(32) }))],
  ])('%s ends it', (_, change) => {
    const both = tunnel();
    both.right.receive(alter(both.left, due(both, 'ike'), change));
    expect(both.right.take()).toHaveLength(1);
    expect(both.right.reasonsOf('ike.closed')).toEqual(['protocol-error']);
    expect(both.right.views()).toEqual([]);
  });
});

describe('an answer about a Child SA', () => {
  it.each<[string, (request: readonly Payload[]) => Change]>([
    ['names another cipher', () => transforms(1, 12)],
    ['has two proposals', () => edited('SA', (sa) => ({ ...sa, proposals: [...sa.proposals, ...sa.proposals] }))],
    [
      'names a number that was not offered',
      () => edited('SA', (sa) => ({ ...sa, proposals: sa.proposals.map((one) => ({ ...one, number: 9 })) })),
    ],
    ['has narrower selectors (TS3)', () => edited('TSi', (ts) => ({ ...ts, selectors: [NARROW] }))],
    ['has wider selectors (TS3)', () => edited('TSr', (ts) => ({ ...ts, selectors: [...ts.selectors, ELSEWHERE] }))],
    [
      'returns our nonce',
      (request) => (payloads) =>
        payloads.map((one) => (one.type === 'Nonce' ? (request.find(({ type }) => type === 'Nonce') ?? one) : one)),
    ],
    ['has KE of another method', () => edited('KE', (ke) => ({ ...ke, method: 19, data: new Uint8Array(64) }))],
    ['has a public value of small order', () => edited('KE', (ke) => ({ ...ke, data: new Uint8Array(32) }))],
  ])('%s: the old one carries on, and the peer is told to delete its new one', (_, change) => {
    const both = tunnel();
    const request = due(both, 'child');
    both.right.receive(request);
    both.left.receive(alter(both.right, both.right.takeOne(), change(read(both.left, request))));
    expect(both.left.core.children()).toMatchObject([{ id: 'net#1', state: 'installed', sends: true }]);
    expect(both.left.reasonsOf('child.failed')).toHaveLength(1);
    converse(both);
    for (const one of [both.left, both.right]) {
      one.endDrains();
      expect(one.core.children()).toMatchObject([{ id: 'net#1', state: 'installed', sends: true }]);
      expect(one.installedSas()).toBe(2);
    }
  });

  it('comes twice, or for what we have not asked: the second has no effect', () => {
    const both = tunnel();
    both.right.receive(due(both, 'child'));
    const answer = both.right.takeOne();
    both.left.receive(answer);
    const before = both.left.core.children();
    both.left.take();
    both.left.receive(answer);
    expect(both.left.core.children()).toEqual(before);
    expect(both.left.take()).toEqual([]);
  });
});

describe('an answer about the IKE SA', () => {
  it.each<[string, Change]>([
    ['has an SPI of zero', spi(new Uint8Array(8))],
    ['names another PRF', transforms(2, 1)],
    ['has KE of another method', edited('KE', (ke) => ({ ...ke, method: 19, data: new Uint8Array(64) }))],
    ['has a public value of small order', edited('KE', (ke) => ({ ...ke, data: new Uint8Array(32) }))],
  ])('%s: the two ends cannot come together, and start over', (_, change) => {
    const both = tunnel();
    both.right.receive(due(both, 'ike'));
    both.left.receive(alter(both.right, both.right.takeOne(), change));
    expect(both.left.installedSas()).toBe(0);
    expect(both.left.views()).toMatchObject([{ state: 'deleting' }]);
  });
});

describe('an authenticated peer that wants ever more (Z7)', () => {
  /** The left side's request for a first Child SA, asked again and again with other SPIs. */
  function flood(both: Pair, count: number): number[] {
    const template = read(both.left, due(both, 'child')).filter(({ type }) => type !== 'N');
    const { nextRequestId } = both.left.ikeSa();
    const answers: number[] = [];
    for (let n = 0; n < count; n++) {
      const bytes = Uint8Array.of(0xcc, 0, n >> 8, n & 0xff);
      const payloads = spi(bytes)([...template]);
      const messageId = nextRequestId - 1 + n;
      both.right.receive(forge(both.left, { exchange: 'CREATE_CHILD_SA', messageId, payloads }));
      answers.push(...answered(both.right));
    }
    return answers;
  }

  it('gets NO_ADDITIONAL_SAS beyond a bound', () => {
    const both = tunnel();
    const answers = flood(both, 100);
    expect(new Set(answers)).toEqual(new Set([NOTIFY.NO_ADDITIONAL_SAS]));
    expect(both.right.core.children().length).toBeLessThan(25);
  });

  it('and where it deletes them at once, what drains is bounded as well', () => {
    const both = tunnel();
    for (let n = 0; n < 60; n++) {
      const child = both.left.core.children().find(({ state }) => state === 'installed');
      both.left.fire(`rekey-${child?.id}`);
      converse(both);
    }
    expect(both.right.core.children().length).toBeLessThan(40);
    both.right.endDrains();
    expect(both.right.installedSas()).toBe(2);
    deliver(both.left, both.right);
  });
});
