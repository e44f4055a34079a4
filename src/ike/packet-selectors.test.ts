import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../base/net.ts';
import { type PacketSelectors, selectorFromPrefix, type TrafficSelector } from '../sa/traffic-selector.ts';
import { alter, type TestGateway } from './testing/gateway.ts';
import { converse, deliver, pair } from './testing/pair.ts';

/** RFC 7296 §2.9: the packet that has asked for the SA comes first, and is what a responder takes if nothing else. */
describe('the selectors of the packet that starts a tunnel', () => {
  const flow = (start: string): TrafficSelector => ({
    ...segment(`${start}/32`),
    protocol: 6,
    startPort: 80,
    endPort: 80,
  });
  const PACKET: PacketSelectors = { source: flow('10.1.0.5'), destination: flow('10.2.0.5') };

  it('come before the configured ones in TSi and TSr, and the answer is taken', () => {
    const both = pair();
    expect(requested(both, PACKET)).toEqual([
      [PACKET.source, segment('10.1.0.0/16')],
      [PACKET.destination, segment('10.2.0.0/16')],
    ]);
    converse(both);
    expect(both.left.core.children()).toMatchObject([
      { state: 'installed', localSelectors: [segment('10.1.0.0/16')], remoteSelectors: [segment('10.2.0.0/16')] },
    ]);
  });

  it.each([
    ['from elsewhere', { ...PACKET, source: flow('10.9.0.5') }],
    ['to elsewhere', { ...PACKET, destination: flow('10.9.0.5') }],
  ])('are left out where the packet is %s', (_, packet) => {
    expect(requested(pair(), packet)).toEqual([[segment('10.1.0.0/16')], [segment('10.2.0.0/16')]]);
  });

  it('are enough: a responder may answer with nothing else', () => {
    const both = pair();
    initiate(both, PACKET);
    deliver(both.left, both.right);
    const answer = alter(both.right, both.right.takeOne(), (payloads) =>
      payloads.map((payload) => {
        if (payload.type === 'TSi') return { ...payload, selectors: [PACKET.source] };
        return payload.type === 'TSr' ? { ...payload, selectors: [PACKET.destination] } : payload;
      }),
    );
    both.left.receive(answer);
    expect(both.left.core.children()).toMatchObject([
      { state: 'installed', localSelectors: [PACKET.source], remoteSelectors: [PACKET.destination] },
    ]);
  });

  it('are in what a responder takes that cannot take everything', () => {
    const both = pair();
    const many = (net: number) => Array.from({ length: 200 }, (_, n) => segment(`10.${net}.${n}.0/25`));
    const last = { source: segment('10.1.199.0/25'), destination: segment('10.2.199.0/25') };
    initiate(both, undefined);
    both.right.receive(
      alter(both.left, both.left.takeOne(), (payloads) =>
        payloads.map((payload) => {
          if (payload.type === 'TSi') return { ...payload, selectors: [flow('10.1.199.5'), ...many(1)] };
          return payload.type === 'TSr' ? { ...payload, selectors: [flow('10.2.199.5'), ...many(2)] } : payload;
        }),
      ),
    );
    const [child] = both.right.core.children();
    expect(child?.state).toBe('installed');
    expect((child?.localSelectors.length ?? 0) * (child?.remoteSelectors.length ?? 0)).toBeLessThanOrEqual(1024);
    expect(child?.remoteSelectors).toContainEqual(last.source);
    expect(child?.localSelectors).toContainEqual(last.destination);
  });
});

function initiate(both: ReturnType<typeof pair>, packet: PacketSelectors | undefined): void {
  both.left.command({ kind: 'initiate', tunnel: 'net', ...(packet === undefined ? {} : { packet }) });
  deliver(both.left, both.right);
  deliver(both.right, both.left);
}

/** TSi and TSr of the IKE_AUTH that waits at the left. */
function requested(both: ReturnType<typeof pair>, packet: PacketSelectors): (readonly TrafficSelector[])[] {
  initiate(both, packet);
  return selectorsOf(both.left);
}

function selectorsOf(gateway: TestGateway): (readonly TrafficSelector[])[] {
  const [sent] = gateway.outbox;
  if (sent === undefined) throw new Error('nothing was sent');
  const found: (readonly TrafficSelector[])[] = [];
  alter(gateway, sent, (payloads) => {
    for (const payload of payloads) if (payload.type === 'TSi' || payload.type === 'TSr') found.push(payload.selectors);
    return payloads;
  });
  return found;
}

function segment(text: string): TrafficSelector {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(text);
  return selectorFromPrefix(prefix);
}
