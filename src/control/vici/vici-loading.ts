import type { ViciSection } from './message.ts';

/** What vici loads and unloads: connections and keys that stand in no file of ours, for as long as the daemon runs. */
export interface ViciLoading {
  /** In force when this returns, in the place of one of its name. Returns why it is refused, in one line. */
  loadConnection(name: string, connection: ViciSection): string | undefined;
  /** Returns why that is not possible. */
  unloadConnection(name: string): string | undefined;
  /** The ids of the shared keys that have one. */
  keyIds(): readonly string[];
  /** In the place of one of its id. Returns why it is refused. */
  loadKey(key: ViciKey): string | undefined;
  /** SAs that were made with it stay. Nothing where there is none. */
  unloadKey(id: string): void;
  unloadKeys(): void;
}

/** A shared key. Secret. */
export type ViciKey = {
  /** One without can only be unloaded with all others. */
  readonly id: string | undefined;
  /** As it was written: IKE, PPK, EAP, XAUTH, NTLM. */
  readonly type: string;
  /** Identities and addresses whom it is for; anybody where there are none. */
  readonly owners: readonly string[];
  readonly data: Uint8Array;
};
