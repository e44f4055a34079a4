import type { Prefix } from '../../base/net.ts';

/** The rules of one family or table set, in one form, whichever tool told them. Chains of a hook are in its order. */
export type Firewall = {
  readonly tool: 'iptables' | 'ip6tables' | 'nft';
  readonly chains: readonly Chain[];
};

export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

export type Chain = {
  /** `ip filter`, `inet mine`. */
  readonly table: string;
  readonly name: string;
  /** Absent for chains that others jump to. */
  readonly base?: { readonly hook: Hook; readonly policy: 'accept' | 'drop' };
  readonly rules: readonly Rule[];
};

export type Rule = {
  /** As the tool prints it, or where it stands. */
  readonly text: string;
  /** All must hold. */
  readonly conditions: readonly Condition[];
  /** Absent where the packet goes on to the next rule. */
  readonly verdict?: Verdict;
};

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'translate' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

export type Condition = Test & { readonly not: boolean };

type Test =
  /** Names may end in `*`. */
  | { readonly kind: 'in' | 'out'; readonly names: readonly string[] }
  | { readonly kind: 'source' | 'destination'; readonly prefixes: readonly Prefix[] }
  /** Lower-case: `udp`, `esp`. */
  | { readonly kind: 'protocol'; readonly names: readonly string[] }
  | { readonly kind: 'source-port' | 'destination-port'; readonly ranges: readonly (readonly [number, number])[] }
  /** Whether IPsec has protected the packet when it came in, or will protect it when it leaves. */
  | { readonly kind: 'protected' | 'unprotected'; readonly direction: 'in' | 'out' }
  /** Lower-case: `new`, `established`. */
  | { readonly kind: 'state'; readonly names: readonly string[] }
  | { readonly kind: 'family'; readonly family: 4 | 6 }
  /** Something that is not understood here: it may hold or not. */
  | { readonly kind: 'other' };
