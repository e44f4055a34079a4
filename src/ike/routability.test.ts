import { expect, it } from 'vitest';
import { LEFT, RIGHT } from '../sim/tunnels.ts';
import { forge, read, type Sent, type TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, type Pair } from './testing/pair.ts';
import { deleteChildren } from './v2/deletes.ts';
import { NOTIFY, notifyPayload } from './v2/wire/notify.ts';

/** What an initiator can make of the time before it has shown that it receives at its new address (RFC 4555 §3.7). */

const NEW = '192.0.2.77';
const VICTIM = { address: '203.0.113.66', port: 4500 };

function outerPeers(gateway: TestGateway): string[] {
  return gateway.core.children().map(({ outbound }) => outbound.destination);
}

function notifiesOf(sender: TestGateway, sent: Sent): number[] {
  return read(sender, sent).flatMap((payload) => (payload.type === 'N' ? [payload.notify] : []));
}

/** A request of `left` that it has never sent, from anywhere. */
function claim({ left, right }: Pair, payloads: Parameters<typeof forge>[1]['payloads'], from = VICTIM): void {
  const messageId = right.ikeSa().expectedRequestId;
  const to = { address: RIGHT.address, port: 4500 };
  right.receive({ ...forge(left, { exchange: 'INFORMATIONAL', messageId, payloads }), from, to });
}

const UPDATE = notifyPayload('UPDATE_SA_ADDRESSES');

it('a Child SA that is asked for meanwhile has to wait until it has', () => {
  const both = connected();
  const { left, right } = both;
  left.command({ kind: 'local-address', gateway: 'gw', address: NEW, others: [] });
  deliver(left, right);
  const [answer, question, ...more] = right.take();
  if (answer === undefined || question === undefined || more.length > 0) throw new Error('no question is asked');
  left.receive(answer);
  left.fire('rekey-net#1');
  right.receive(left.takeOne());
  const refusal = right.takeOne();
  expect(notifiesOf(right, refusal)).toEqual([NOTIFY.TEMPORARY_FAILURE]);
  expect(outerPeers(right)).toEqual([LEFT.address]);
  left.receive(question);
  deliver(left, right);
  left.receive(refusal);
  left.fire('retry');
  converse(both);
  for (const gateway of [left, right]) gateway.endDrains();
  expect(right.core.children()).toMatchObject([{ id: 'net#2', state: 'installed', outbound: { destination: NEW } }]);
});

it('one that we have asked for before leads to where the traffic goes as yet, and follows it', () => {
  const both = connected();
  const { left, right } = both;
  right.fire('rekey-net#1');
  deliver(right, left);
  const answer = left.takeOne();
  left.command({ kind: 'local-address', gateway: 'gw', address: NEW, others: [] });
  deliver(left, right);
  right.receive(answer);
  expect(outerPeers(right)).toEqual([LEFT.address, LEFT.address]);
  converse(both);
  for (const gateway of [left, right]) gateway.endDrains();
  expect(right.core.children()).toMatchObject([{ id: 'net#2', state: 'installed', outbound: { destination: NEW } }]);
});

it('without a Child SA it is asked as well, and gets none before it has answered', () => {
  const both = connected();
  const { left, right } = both;
  const [child] = left.core.children();
  claim(both, [deleteChildren('esp', [child?.inbound.spi ?? 0])], { address: LEFT.address, port: 4500 });
  right.endDrains();
  expect(right.core.children()).toEqual([]);
  right.take();
  claim(both, [UPDATE]);
  const questions = right.take().filter((sent) => notifiesOf(right, sent).includes(NOTIFY.COOKIE2));
  expect(questions.map(({ to }) => to)).toEqual([VICTIM]);
  // From the same address once more: that proves nothing.
  claim(both, [UPDATE]);
  expect(right.ikeSa().tasks).toMatchObject([{ kind: 'check-address' }]);
});

it('one that we have asked for before, without another one to follow, is given up', () => {
  const both = connected();
  const { left, right } = both;
  const [child] = left.core.children();
  claim(both, [deleteChildren('esp', [child?.inbound.spi ?? 0])], { address: LEFT.address, port: 4500 });
  right.endDrains();
  right.take();
  right.initiate();
  const request = right.takeOne();
  left.receive(request);
  const answer = left.takeOne();
  claim(both, [UPDATE]);
  right.receive(answer);
  expect(outerPeers(right)).toEqual([]);
});
