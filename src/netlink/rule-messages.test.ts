import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { parseAttributes, parseMessages } from './netlink.ts';
import type { KernelRule } from './rule-messages.ts';
import { encodeDeleteRule, encodeDumpRules, encodeNewRule, parseOwnRule, ruleKey } from './rule-messages.ts';

const RULES: readonly KernelRule[] = [
  { family: 4, priority: 202, action: 'nothing' },
  { family: 6, priority: 200, mark: 0xc9c9, action: { goto: 202 } },
  { family: 4, priority: 201, source: { address: '10.1.0.0', length: 24 }, action: { table: 201_001 } },
  {
    family: 4,
    priority: 201,
    source: { address: '0.0.0.0', length: 32 },
    ownPackets: true,
    action: { table: 201_000 },
  },
  { family: 6, priority: 201, source: { address: '2001:db8::', length: 32 }, action: { table: 201_001 } },
  {
    family: 4,
    priority: 200,
    source: { address: '192.0.2.1', length: 32 },
    protocol: 17,
    sourcePort: 4500,
    action: { goto: 202 },
  },
];

function payloadOf(message: Uint8Array): Uint8Array {
  const [parsed] = parseMessages(message);
  if (parsed === undefined) throw new Error('no message');
  return parsed.payload;
}

describe('rules of routing policy', () => {
  it.each(RULES)('come back as they were: $family $priority $action', (rule) => {
    expect(parseOwnRule(payloadOf(encodeNewRule(rule)))).toEqual(rule);
    expect(payloadOf(encodeDeleteRule(rule))).toEqual(payloadOf(encodeNewRule(rule)));
  });

  it('are told apart by everything that they say', () => {
    expect(new Set(RULES.map(ruleKey)).size).toBe(RULES.length);
  });

  it('have the layout of `struct fib_rule_hdr`, and attributes in host order', () => {
    const payload = payloadOf(encodeNewRule(RULES[5] as KernelRule));
    expect(toHex(payload.subarray(0, 12))).toBe('020020000000000200000000');
    const attributes = [...parseAttributes(payload.subarray(12))].map(([type, value]) => [type, toHex(value)]);
    expect(Object.fromEntries(attributes)).toEqual({
      2: 'c0000201',
      4: 'ca000000',
      6: 'c8000000',
      21: 'c9',
      22: '11',
      23: '94119411',
    });
  });

  it('of others are not ours, whatever they say', () => {
    const payload = payloadOf(encodeNewRule(RULES[2] as KernelRule)).slice();
    const protocol = payload.lastIndexOf(201);
    payload[protocol] = 4;
    expect(parseOwnRule(payload)).toBeUndefined();
  });

  it('are dumped by family', () => {
    expect(toHex(payloadOf(encodeDumpRules(6)))).toBe('0a0000000000000000000000');
  });
});
