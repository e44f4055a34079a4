import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { parsePrefix } from '../base/net.ts';
import { parseMessages } from '../netlink/netlink.ts';
import { commandVector, dissect, kernelMessages } from '../netlink/testing/netlink-vectors.ts';
import { XFRM_MSG_NEWPOLICY } from './constants.ts';
import type { KernelPolicy } from './policy-messages.ts';
import {
  encodeDeletePolicy,
  encodeDumpPolicies,
  encodeGetPolicy,
  encodeNewPolicy,
  encodeUpdatePolicy,
  parsePolicy,
} from './policy-messages.ts';
import { policyPriority } from './policy-priority.ts';
import type { KernelSelector } from './structs.ts';

const ANY_PORT = { port: 0, mask: 0 };
const port = (number: number) => ({ port: number, mask: 0xffff });

function selector(source: string, destination: string, changes: Partial<KernelSelector> = {}): KernelSelector {
  const prefix = (text: string) => parsePrefix(text) ?? { address: '', length: 0 };
  return {
    source: prefix(source),
    destination: prefix(destination),
    protocol: 0,
    sourcePort: ANY_PORT,
    destinationPort: ANY_PORT,
    ...changes,
  };
}

const esp = { protocol: 'esp', mode: 'tunnel', reqid: 7, source: '192.0.2.2', destination: '192.0.2.1' } as const;
const v4 = selector('10.0.0.0/16', '10.1.2.0/24');
const v6 = selector('2001:db8:1::/48', '2001:db8:2::/64');
const tcp = { protocol: 6, destinationPort: port(443) };
const echo = { protocol: 1, sourcePort: port(8), destinationPort: port(0) };

// biome-ignore format: one command line, one row
const NEW: readonly (readonly [string, KernelPolicy])[] = [
  ['policy-out-protect', { direction: 'out', selector: v4, action: 'protect', template: esp }],
  ['policy-in-protect-ipv6-ah', { direction: 'in', selector: v6, action: 'protect', template: { protocol: 'ah', mode: 'tunnel', reqid: 8, source: '2001:db8::1', destination: '2001:db8::2' } }],
  ['policy-fwd-ipv6-in-ipv4', { direction: 'fwd', selector: v6, action: 'protect', template: { ...esp, reqid: 8, source: '192.0.2.1', destination: '192.0.2.2' } }],
  ['policy-out-tcp-port', { direction: 'out', selector: selector('10.0.0.0/16', '10.1.2.0/24', tcp), action: 'protect', template: esp }],
  ['policy-out-icmp-echo', { direction: 'out', selector: selector('10.0.0.0/16', '10.1.2.0/24', echo), action: 'protect', template: esp }],
  ['policy-block', { direction: 'out', selector: selector('10.0.0.0/16', '10.1.3.0/24'), action: 'block' }],
  ['policy-bypass', { direction: 'out', selector: selector('10.0.0.0/16', '10.1.3.7/32'), action: 'bypass' }],
  ['policy-mark', { direction: 'out', selector: v4, action: 'protect', template: esp, priority: 7, mark: { value: 0x2a, mask: 0xff } }],
  ['policy-interface', { direction: 'out', selector: selector('0.0.0.0/0', '0.0.0.0/0'), action: 'protect', template: esp, ifId: 9 }],
  ['policy-transport', { direction: 'out', selector: selector('192.0.2.2/32', '192.0.2.1/32'), action: 'protect', template: { ...esp, mode: 'transport' } }],
];

describe('policy requests carry the bytes that ip xfrm sends', () => {
  it.each(NEW)('NEWPOLICY: %s', (name, policy) => {
    expect(dissect(encodeNewPolicy(policy), 168)).toEqual(dissect(commandVector(name).request, 168));
  });

  it('UPDPOLICY: policy-update', () => {
    const policy = { direction: 'out', selector: v4, action: 'protect', template: { ...esp, reqid: 70 } } as const;
    expect(dissect(encodeUpdatePolicy(policy), 168)).toEqual(dissect(commandVector('policy-update').request, 168));
  });

  it('DELPOLICY and GETPOLICY', () => {
    const whole = (bytes: Uint8Array) => toHex(bytes.subarray(16));
    expect(whole(encodeDeletePolicy({ direction: 'out', selector: v4 }))).toBe(
      whole(commandVector('policy-delete').request),
    );
    expect(whole(encodeDeletePolicy({ direction: 'out', selector: selector('10.0.0.0/16', '10.1.2.0/24', tcp) }))).toBe(
      whole(commandVector('policy-delete-port').request),
    );
    const apart = { mark: { value: 0x2a, mask: 0xff }, ifId: 9 };
    expect(dissect(encodeDeletePolicy({ direction: 'out', selector: v4, ...apart }), 64)).toEqual(
      dissect(commandVector('policy-delete-mark').request, 64),
    );
    const blocked = selector('10.0.0.0/16', '10.1.3.0/24');
    expect(whole(encodeGetPolicy({ direction: 'out', selector: blocked }))).toBe(
      whole(commandVector('policy-get').request),
    );
  });

  it('a dump has the flags of ip xfrm policy list', () => {
    const header = (bytes: Uint8Array) => parseMessages(bytes).map(({ type, payload }) => [type, payload.length]);
    expect(header(encodeDumpPolicies())).toEqual(header(commandVector('policy-list').request));
    expect(parseMessages(encodeDumpPolicies())[0]?.flags).toBe(0x301);
  });

  it('an addition never replaces (NLM_F_EXCL)', () => {
    const [message] = parseMessages(encodeNewPolicy(NEW[0]?.[1] as KernelPolicy));
    expect(message?.flags).toBe(0x1 | 0x4 | 0x400 | 0x200);
  });
});

describe('policies as the kernel shows them', () => {
  it('a dump of a kernel with a tunnel', () => {
    const views = kernelMessages('policy-dump')
      .filter(({ type }) => type === XFRM_MSG_NEWPOLICY)
      .map(({ payload }) => parsePolicy(payload));
    const out = { direction: 'out', selector: selector('10.0.0.0/24', '10.1.2.0/24'), template: esp };
    const reverse = { ...esp, source: '192.0.2.1', destination: '192.0.2.2' };
    const into = { direction: 'in', selector: selector('10.1.2.0/24', '10.0.0.0/24'), template: reverse };
    expect(views).toEqual([into, out].map((view) => ({ ...view, priority: 168_400, blocks: false })));
  });

  it('the answer to a request for one: a blocking policy, with the priority that we give', () => {
    const [message] = commandVector('policy-get').replies.flatMap(parseMessages);
    const blocked = selector('10.0.0.0/16', '10.1.3.0/24');
    expect(parsePolicy(message?.payload ?? new Uint8Array())).toMatchObject({
      direction: 'out',
      selector: blocked,
      blocks: true,
      template: undefined,
    });
  });

  it('what is encoded is read back', () => {
    for (const [, policy] of NEW) {
      const [message] = parseMessages(encodeNewPolicy(policy));
      const view = parsePolicy(message?.payload ?? new Uint8Array());
      expect(view.selector).toEqual(policy.selector);
      expect(view.direction).toBe(policy.direction);
      expect(view.priority).toBe(policy.priority ?? policyPriority(policy.selector, policy));
      expect([view.mark, view.ifId]).toEqual([policy.mark, policy.ifId]);
      if (policy.template?.mode === 'tunnel') expect(view.template).toEqual(policy.template);
    }
  });
});
