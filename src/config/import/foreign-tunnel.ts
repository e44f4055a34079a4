import type { Tree, TreeMap } from './value-tree.ts';
import type { Written } from './written.ts';

/**
 * A tunnel of another daemon in the terms of our configuration. Whatever has a default of its own there is written out
 * here, because ours differ.
 */
export type ForeignTunnel = {
  readonly name: Written;
  /** What it is called where it is one tunnel with others that differ in their segments alone; else `name`. */
  readonly familyName?: Written;
  readonly local: ForeignEnd;
  readonly remote: ForeignEnd;
  /** Absent where each of several peers has a key of its own, and none is for the others. */
  readonly psk?: Written | undefined;
  readonly keys?: readonly ForeignKey[] | undefined;
  /** The other keys of a tunnel: `start`, `ike`, `ipsec`, `dpd`, `ppk` ... */
  readonly rest: TreeMap;
};

/** The key of one of several peers. */
export type ForeignKey = { readonly id: Written; readonly psk: Written };

export type ForeignEnd = {
  readonly addresses: readonly Written[];
  /** From where else the remote end may call. */
  readonly within?: readonly Written[];
  readonly id?: Written | undefined;
  /** Of a remote end that is one of several: what their identities have in common. */
  readonly pattern?: Written | undefined;
  readonly subnets: readonly Written[];
};

/** A value that the other daemon has by default, at the place that could have said otherwise. */
export function pinned(at: Written, text: string): Written {
  return { text, position: at.position };
}

export type Rest = Readonly<Record<string, Tree | undefined>>;
