import { describe, expect, it } from 'vitest';
import { SECOND } from '../base/time.ts';
import { decodePlainMessage } from '../ike/v2/wire/message.ts';
import { expectAgreement } from './invariants.ts';
import { MessageGate, messageText } from './message-gate.ts';
import { CorePair, countEvents } from './pair.ts';

function connectedPair(): { readonly pair: CorePair; readonly gate: MessageGate } {
  const pair = new CorePair({ seed: 1 });
  pair.connect();
  const gate = new MessageGate(pair.world);
  return { pair, gate };
}

const waitingTexts = (gate: MessageGate) => gate.waiting.map(messageText);

describe('the gate for messages', () => {
  it('holds what is sent and reads it, also what is encrypted', () => {
    const pair = new CorePair({ seed: 1 });
    const gate = new MessageGate(pair.world);
    pair.initiate(pair.left);
    pair.world.run(100);
    expect(waitingTexts(gate)).toEqual([expect.stringMatching(/^left IKE_SA_INIT request 0 SA KE Nonce /)]);
    gate.pass();
    gate.pass({ from: pair.right, kind: 'response' });
    expect(waitingTexts(gate)).toEqual([expect.stringMatching(/^left IKE_AUTH request 1 IDi .*AUTH .*SA TSi TSr/)]);
    gate.passAll();
    expectAgreement(pair.world, pair.left, pair.right);
  });

  it('one that is dropped never comes; the sender repeats it', () => {
    const { pair, gate } = connectedPair();
    const { ikeSa, inbound } = pair.left.machine.children()[0] ?? {};
    expect(ikeSa).toBeDefined();
    if (inbound !== undefined) pair.left.kernel.expire(inbound);
    pair.world.run(10);
    expect(gate.drop({ from: pair.left, says: 'D(ESP' }).kind).toBe('request');
    pair.world.run(2 * SECOND);
    expect(pair.right.machine.children()).toHaveLength(1);
    gate.pass({ from: pair.left, says: 'D(ESP' });
    expect(pair.right.machine.children()).toHaveLength(0);
    expect(countEvents(pair.right, 'child.deleted')).toBe(1);
  });

  it('a copy arrives and the message still waits', () => {
    const { pair, gate } = connectedPair();
    pair.terminate(pair.left);
    gate.passCopy({ says: 'D(IKE)' });
    expect(pair.right.machine.views()).toEqual([]);
    expect(waitingTexts(gate)).toEqual(['left INFORMATIONAL request 2 D(IKE)', 'right INFORMATIONAL response 2']);
  });

  it('what waits goes on when it opens', () => {
    const { pair, gate } = connectedPair();
    pair.terminate(pair.left);
    expect(gate.waiting).toHaveLength(1);
    gate.open();
    pair.world.run(SECOND);
    expect([pair.left.machine.views(), pair.right.machine.views()]).toEqual([[], []]);
    expect(gate.passed({ exchange: 'INFORMATIONAL' })).toHaveLength(2);
    gate.close();
    pair.initiate(pair.left);
    pair.world.run(100);
    expect(gate.waiting).toHaveLength(1);
  });

  it('what does not wait cannot be passed, and it says what does', () => {
    const { pair, gate } = connectedPair();
    pair.terminate(pair.left);
    expect(() => gate.pass({ from: pair.right })).toThrow(
      'no message as wanted (right) waits, but: left INFORMATIONAL request 2 D(IKE)',
    );
  });
});

describe('nonces that are steered', () => {
  it('begin as wanted, each by what it is drawn for', () => {
    const pair = new CorePair({ seed: 1 });
    pair.left.entropy.leads = { initiating: 0x11, responding: 0x22 };
    pair.right.entropy.leads = { initiating: 0x33, responding: 0x44 };
    const gate = new MessageGate(pair.world);
    pair.initiate(pair.left);
    pair.initiate(pair.right);
    pair.world.run(50);
    gate.pass({ from: pair.left, kind: 'request' });
    gate.pass({ from: pair.right, kind: 'request' });
    const leads = gate.waiting.map(({ from, kind, datagram }) => [from.name, kind, nonceOf(datagram.bytes)[0]]);
    expect(leads).toEqual([
      ['right', 'response', 0x44],
      ['left', 'response', 0x22],
    ]);
  });
});

/** IKE_SA_INIT is in clear. */
function nonceOf(message: Uint8Array): Uint8Array {
  const nonce = decodePlainMessage(message).payloads.find(({ type }) => type === 'Nonce');
  return nonce?.type === 'Nonce' ? nonce.data : new Uint8Array(0);
}
