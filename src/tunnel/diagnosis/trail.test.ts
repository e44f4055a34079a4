import { describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../../ike/common/event.ts';
import type { Reason } from '../../ike/common/reason.ts';
import { at } from '../testing/service-rig.ts';
import { follow, forgetFailures, NO_TRAIL, type Trail } from './trail.ts';

const remote = { address: '192.0.2.2', port: 500 };
const ref = { tunnel: 't', ikeSa: 7 };
const theirs = { tunnel: 't', ikeSa: 8 };
const SILENCE: Reason = { code: 'no-response', text: 'no answer' };
const REFUSED: Reason = { code: 'no-proposal-chosen', text: 'no' };
const CLOSED: Reason = { code: 'peer-closed', text: 'gone' };

type Options = { readonly connected?: boolean; readonly version?: 1 | 2; readonly from?: Trail };

/** One event a second. */
function after(events: readonly GatewayEvent[], { connected = false, version = 2, from = NO_TRAIL }: Options = {}) {
  return events.reduce(
    (trail, event, index) => follow(trail, event, { now: at(1_000 * (index + 1)), connected, version }),
    from,
  );
}

const INITIATED: GatewayEvent = { type: 'ike.initiated', ...ref, remote };
const ANSWERED: GatewayEvent = { type: 'ike.answered', ...ref, remote };
const again = (attempt: number): GatewayEvent => ({ type: 'message.retransmitted', ...ref, attempt });
const failed = (reason: Reason, of = ref): GatewayEvent => ({ type: 'ike.failed', ...of, stage: 1, reason });
const childFailed = (of = ref): GatewayEvent => ({ type: 'child.failed', ...of, reason: REFUSED });
const ESTABLISHED: GatewayEvent = { type: 'ike.established', ...ref };
const INSTALLED: GatewayEvent = { type: 'child.installed', ...ref, child: 't#1' };
const REKEYED: GatewayEvent = { type: 'child.rekeyed', ...ref, child: 't#1', successor: 't#2' };

describe('the trail of a tunnel', () => {
  it('counts the transmissions of the message that is under way, and knows when the peer answered', () => {
    const { own } = after([INITIATED, again(2), ANSWERED, again(2), again(3), failed(SILENCE)]);
    expect(own).toMatchObject({
      role: 'initiator',
      stage: 1,
      reason: SILENCE,
      authenticated: false,
      attempt: { transmissions: 3, answered: { remote, after: 2_000 } },
    });
  });

  it('keeps how the last attempt ended while the next one is under way', () => {
    const trail = after([INITIATED, failed(SILENCE), { ...INITIATED, ikeSa: 9 }]);
    expect(trail.own?.reason).toBe(SILENCE);
    expect(trail.attempt?.ikeSa).toBe(9);
  });

  it("takes every IKE SA that is not ours for the peer's", () => {
    const trail = after([INITIATED, failed(REFUSED, theirs)]);
    expect(trail.own).toBeUndefined();
    expect(trail.peers).toMatchObject({ role: 'responder', reason: REFUSED });
  });

  it('does not let the end of an IKE SA cover why it was of no use', () => {
    const closed: GatewayEvent = { type: 'ike.closed', ...ref, reason: CLOSED };
    expect(after([INITIATED, ESTABLISHED, childFailed(), closed]).own).toMatchObject({ stage: 2, reason: REFUSED });
    expect(after([INITIATED, ESTABLISHED, closed]).own?.reason).toBe(CLOSED);
    const theirsClosed: GatewayEvent = { ...closed, ikeSa: 8 };
    expect(after([childFailed(theirs), theirsClosed]).peers?.reason).toBe(REFUSED);
  });

  it('prefers what a peer was refused for to its silence afterwards', () => {
    const refused: GatewayEvent = { type: 'peer.refused', tunnel: 't', remote, reason: REFUSED };
    const unfinished: GatewayEvent = { type: 'peer.unfinished', tunnel: 't', remote };
    expect(after([refused, unfinished]).peers?.reason).toBe(REFUSED);
    expect(after([unfinished]).peers).toMatchObject({ role: 'responder', remote });
    expect(after([unfinished]).peers?.reason).toBeUndefined();
  });

  it('forgets failures when the tunnel is connected, or a new series begins', () => {
    const trail = after([INITIATED, failed(SILENCE), failed(REFUSED, theirs)]);
    expect(after([INSTALLED], { from: trail })).toEqual({ begun: [7], attempt: trail.attempt });
    expect(forgetFailures(trail)).toEqual({ begun: [7], attempt: trail.attempt });
  });

  it("knows why the last Child SA ended, and what the kernel refuses, as nobody's negotiation", () => {
    const deleted: GatewayEvent = { type: 'child.deleted', ...ref, child: 't#1', reason: CLOSED };
    expect(after([INSTALLED, deleted], { connected: true }).lost).toMatchObject({ role: null, reason: CLOSED });
    const trap: GatewayEvent = { type: 'trap.failed', tunnel: 't', reason: { code: 'kernel-refused', text: 'full' } };
    expect(after([trap]).own).toMatchObject({ role: null, stage: 2, reason: { code: 'kernel-refused' } });
  });

  it('stays small whatever happens', () => {
    const many = Array.from({ length: 100 }, (_, index): GatewayEvent => ({ ...INITIATED, ikeSa: index }));
    expect(after(many).begun).toHaveLength(4);
  });
});

describe('what is refused beside a working tunnel', () => {
  const up = after([INITIATED, ESTABLISHED, INSTALLED]);

  it('is remembered until a Child SA is replaced in the ordinary way', () => {
    const refused = after([childFailed()], { connected: true, from: up });
    expect(refused.beside).toMatchObject({ role: 'initiator', stage: 2, reason: REFUSED });
    expect(after([REKEYED], { connected: true, from: refused }).beside).toBeUndefined();
  });

  it('knows who asked by what was seen', () => {
    const reason: Reason = { ...REFUSED, evidence: { proposals: ['esp aes256'], exchange: 'CREATE_CHILD_SA' } };
    const event: GatewayEvent = { type: 'child.failed', ...ref, reason };
    expect(after([event], { connected: true, from: up }).beside?.role).toBe('responder');
    expect(after([INITIATED, ESTABLISHED, event]).peers?.role).toBe('responder');
    const told: Reason = { ...REFUSED, evidence: { notify: 'TS_UNACCEPTABLE', exchange: 'CREATE_CHILD_SA' } };
    const shared: GatewayEvent = { type: 'child.failed', ...theirs, reason: told };
    expect(after([shared]).own?.role).toBe('initiator');
  });

  it('outlives the new IKE SA that takes over instead', () => {
    const refused = after([childFailed()], { connected: true, from: up });
    const renewed = after([{ ...ESTABLISHED, ikeSa: 9 }, INSTALLED, REKEYED], { connected: true, from: refused });
    expect(renewed.beside?.reason).toBe(REFUSED);
    expect(after([REKEYED], { connected: true, from: renewed }).beside).toBeUndefined();
  });

  it('is, in IKEv1, also what failed before the first pair of segments was up', () => {
    const partly = after([INITIATED, ESTABLISHED, childFailed(), INSTALLED], { version: 1 });
    expect(partly.beside?.reason).toBe(REFUSED);
    expect(after([INITIATED, ESTABLISHED, childFailed(), INSTALLED], { version: 2 }).beside).toBeUndefined();
  });
});
