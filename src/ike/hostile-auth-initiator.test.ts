import { describe, expect, it } from 'vitest';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { CHEAP_ESP, fqdn, LEFT } from '../sim/tunnels.ts';
import { alter } from './testing/gateway.ts';
import { converse, deliver, halfOpen, pair } from './testing/pair.ts';
import { auth, sa } from './testing/tampering.ts';
import { identityToPayload } from './v2/identities.ts';
import { notifyPayload } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';

describe('IKE_AUTH, as the initiator', () => {
  /** The answer to IKE_AUTH, altered by a responder who knows the key. */
  function answeredWith(change: (payloads: Payload[]) => readonly Payload[], changes: Parameters<typeof pair>[0] = {}) {
    const both = halfOpen(changes);
    deliver(both.left, both.right);
    const response = both.right.takeOne();
    both.left.receive(alter(both.right, response, change));
    return both;
  }

  it.each([
    [
      'A1: AUTH with a wrong bit',
      (all: Payload[]) => all.map((payload) => auth(payload, (data) => data.with(0, (data[0] ?? 0) ^ 1))),
    ],
    [
      'A2: a signature',
      (all: Payload[]) => all.map((payload) => (payload.type === 'AUTH' ? { ...payload, method: 14 } : payload)),
    ],
    [
      'G1: another identity',
      (all: Payload[]) =>
        all.map((payload) => (payload.type === 'IDr' ? identityToPayload('IDr', fqdn('else')) : payload)),
    ],
  ])('%s: nothing is installed, and the responder is told to forget it', (_, change) => {
    const { left, right } = answeredWith(change);
    expect(left.steps('add-sa')).toEqual([]);
    expect(left.views()).toEqual([]);
    expect(left.timers.size).toBe(0);
    deliver(left, right);
    expect(right.views()).toEqual([]);
    expect(right.reasonsOf('ike.closed')).toEqual(['authentication-failed']);
  });

  const HALF: readonly (readonly [string, (payloads: Payload[]) => readonly Payload[]])[] = [
    ['P6: no SA', (all) => all.filter(({ type }) => type !== 'SA')],
    ['P6: no TSr', (all) => all.filter(({ type }) => type !== 'TSr')],
    ['P6: two SA', (all) => [...all, ...all.filter(({ type }) => type === 'SA')]],
    ['P6: two IDr', (all) => [...all, ...all.filter(({ type }) => type === 'IDr')]],
    [
      'P4: a critical payload that we do not know',
      (all) => [...all, { type: 'unknown', payloadType: 200, critical: true, body: new Uint8Array(4) }],
    ],
    [
      'T1: a notify with an SPI of 255 bytes',
      (all) => [...all, { type: 'N', protocol: 3, spi: new Uint8Array(255), notify: 16384, data: new Uint8Array(0) }],
    ],
    ['S7: an algorithm that was not offered', (all) => all.map((payload) => sa(payload, { encryption: 'aes256' }))],
    ['S2: SPI 255', (all) => all.map((payload) => sa(payload, { spi: Uint8Array.of(0, 0, 0, 255) }))],
    [
      'TS3: selectors wider than ours',
      (all) =>
        all.map((payload) =>
          payload.type === 'TSr'
            ? { ...payload, selectors: [selectorFromPrefix({ address: '0.0.0.0', length: 0 })] }
            : payload,
        ),
    ],
    [
      'TS3: other selectors',
      (all) =>
        all.map((payload) =>
          payload.type === 'TSi'
            ? { ...payload, selectors: [selectorFromPrefix({ address: '10.9.0.0', length: 16 })] }
            : payload,
        ),
    ],
    [
      'T3: an unknown error beside proof of identity',
      (all) => [...all, { type: 'N', protocol: 0, spi: new Uint8Array(0), notify: 9999, data: new Uint8Array(0) }],
    ],
  ];

  it.each(HALF)('%s: nothing is installed, and the responder, who believes it stands, is told', (_, change) => {
    const { left, right } = answeredWith(change);
    expect(left.steps('add-sa')).toEqual([]);
    converse({ left, right });
    expect(right.views()).toEqual([]);
    expect(left.views()).toEqual([]);
    expect(left.timers.size + right.timers.size).toBe(0);
    expect([...left.reasonsOf('ike.closed'), ...left.reasonsOf('ike.failed')]).toHaveLength(1);
  });

  it('no secret of the handshake outlives a refused first Child SA', () => {
    const { left } = answeredWith((all) => all.filter(({ type }) => type !== 'SA'));
    expect(left.ikeSa().handshake).toBeUndefined();
  });

  it('T9: long error data and unknown status notifies do no harm', () => {
    const { left } = answeredWith((all) => [
      ...all,
      notifyPayload('AUTH_LIFETIME', new Uint8Array(4)),
      { type: 'N', protocol: 0, spi: new Uint8Array(0), notify: 50_000, data: new Uint8Array(40_000) },
    ]);
    expect(left.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
  });

  it('the kernel refuses: the IKE SA is taken down at both ends', () => {
    const both = halfOpen();
    both.left.refuses = 'add-sa';
    converse(both);
    expect(both.left.reasonsOf('child.failed')).toEqual(['kernel-refused']);
    expect(both.left.views()).toEqual([]);
    expect(both.right.views()).toEqual([]);
    expect(both.right.steps('remove-sa')).toHaveLength(2);
  });

  it('AH behind NAT: stage 2, before anything is asked of the kernel', () => {
    const AH = { ...CHEAP_ESP, protocol: 'ah', encryption: [] } as const;
    const policy = { childProtocol: 'ah', childProposals: [AH] } as const;
    const both = pair({ left: policy, right: policy });
    both.left.initiate();
    both.right.receive({ ...both.left.takeOne(), from: { address: LEFT.address, port: 61234 } });
    both.left.receive({ ...both.right.takeOne(), to: { address: LEFT.address, port: 500 } });
    expect(both.left.reasonsOf('ike.failed')).toEqual(['child-refused']);
    expect(both.left.operations).toEqual([]);
  });

  it('the operator takes the tunnel down while IKE_AUTH is under way: the responder hears of it', () => {
    const { left, right } = halfOpen();
    const auth = left.takeOne();
    left.terminate();
    expect(left.views()).toEqual([]);
    right.receive(auth);
    right.take();
    deliver(left, right);
    expect(right.views()).toEqual([]);
  });
});
