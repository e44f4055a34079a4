import { describe, expect, it } from 'vitest';
import { checkHost } from '../host-check.ts';
import { GOOD_HOST, known, tunnels } from '../testing/facts.ts';
import { parseNftRuleset } from './nft-ruleset.ts';

const chain = (name: string, hook: string, policy = 'accept', prio = 0) => ({
  chain: { family: 'inet', table: 'mine', name, handle: 1, type: 'filter', hook, prio, policy },
});
let handle = 0;
const rule = (name: string, ...expr: readonly unknown[]) => ({
  rule: { family: 'inet', table: 'mine', chain: name, handle: ++handle, expr },
});
const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } });
const meta = (key: string) => ({ meta: { key } });
const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
const prefix = (addr: string, len: number) => ({ prefix: { addr, len } });

function told(...objects: readonly unknown[]): string[] {
  const ruleset = parseNftRuleset({ nftables: [{ metainfo: { json_schema_version: 1 } }, ...objects] });
  const facts = { ...GOOD_HOST, firewalls: [known(ruleset, 'nft -j list ruleset')] };
  return checkHost(facts, tunnels()).findings.map(({ severity, check, fix }) => `${severity} ${check} ${fix}`);
}

const POST = chain('post', 'postrouting', 'accept', 100);
const MASQUERADE = rule('post', match(meta('oifname'), 'eth0'), { counter: { packets: 0 } }, { masquerade: null });
const NAT = ['error nat nft insert rule inet mine post rt ip ipsec exists accept'];

describe('the rules of nft', () => {
  // biome-ignore format: one rule set, one row
  it.each<readonly [string, readonly unknown[], readonly string[]]>([
    ['masquerading', [POST, MASQUERADE], NAT],
    ['masquerading of another interface', [POST, rule('post', match(meta('oifname'), 'eth0', '!='), { masquerade: null })], []],
    ['masquerading behind what IPsec takes', [POST, rule('post', match({ rt: { key: 'ipsec' } }, true), { accept: null }), MASQUERADE], []],
    ['masquerading behind the segments', [POST, rule('post', match(payload('ip', 'saddr'), prefix('10.0.0.0', 8)), match(payload('ip', 'daddr'), { set: [prefix('10.1.0.0', 16), '192.0.2.9'] }), { return: null }), MASQUERADE], []],
    ['masquerading behind a named set of segments', [POST, { set: { family: 'inet', table: 'mine', name: 'far', elem: [prefix('10.1.0.0', 16)] } }, rule('post', match(payload('ip', 'daddr'), '@far'), { accept: null }), MASQUERADE], []],
    ['masquerading of IPv6', [POST, rule('post', match(payload('ip6', 'saddr'), prefix('::', 0)), { masquerade: null })], []],
    ['SNAT in a chain of its own', [POST, { chain: { family: 'inet', table: 'mine', name: 'own' } }, rule('post', { jump: { target: 'own' } }), rule('own', { snat: { addr: '192.0.2.1' } })],
      ['error nat nft insert rule inet mine own rt ip ipsec exists accept']],
    ['a closed input chain', [chain('in', 'input', 'drop'), rule('in', match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), { accept: null }), rule('in', match(payload('udp', 'dport'), { set: [500, { range: [4000, 5000] }] }), { accept: null })],
      ['warning firewall nft insert rule inet mine in meta l4proto esp accept']],
    ['a rule of iptables that only it understands', [chain('in', 'input'), rule('in', { xt: { type: 'match', name: 'mark' } }, { drop: null })], []],
    ['forwarding closed but for protected packets', [chain('fwd', 'forward', 'drop'), rule('fwd', match({ rt: { key: 'ipsec' } }, true), { accept: null }), rule('fwd', match(meta('secpath'), true), { accept: null })], []],
    ['nothing that is understood', [{ chain: 5 }, { rule: null }, 'x'], []],
  ])('%s', (_, objects, expected) => {
    expect(told(...objects)).toEqual(expected);
  });
});
