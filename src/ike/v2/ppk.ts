import { concatBytes, equalBytes, utf8 } from '../../base/bytes.ts';
import { invariant } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { PostQuantumKey, TunnelPolicy } from '../common/policy.ts';
import type { Reason } from '../common/reason.ts';
import { type IkeKeys, mixPpk, prfOf } from './keymat.ts';
import { findNotify } from './payload-set.ts';
import type { IkeSaV2 } from './state.ts';
import type { NotifyPayload } from './wire/notify.ts';
import { notifyPayload } from './wire/notify.ts';
import type { Payload } from './wire/payload.ts';

/** RFC 8784 §5.1: the rest of the PPK_ID is a configured value, which stands for one key. */
const PPK_ID_FIXED = 2;

/** What of a peer's PPK_ID is shown. */
const SHOWN_ID = 64;

/** What a PPK does to the keys of a new IKE SA; the same object where there is none. RFC 8784 §3. */
export function keysWith(sa: IkeSaV2, ppk: PostQuantumKey | undefined): IkeKeys {
  invariant(sa.keys !== undefined && sa.suite !== undefined, 'a PPK is used after the key exchange');
  return ppk === undefined ? sa.keys : mixPpk(sa.keys, prfOf(sa.suite), ppk.secret.expose());
}

/** The key to use as initiator: both sides have said USE_PPK. */
export function agreedPpk(sa: IkeSaV2, policy: TunnelPolicy): PostQuantumKey | undefined {
  return sa.handshake?.usePpk === true ? policy.ppk : undefined;
}

/**
 * What IKE_AUTH says of the PPK that its AUTH was made with. `plainAuth` is the AUTH data without it: where the PPK is
 * not required, the responder may go by that (RFC 8784 §3).
 */
export function ppkPayloads(ppk: PostQuantumKey, plainAuth: () => Uint8Array): NotifyPayload[] {
  const identity = notifyPayload('PPK_IDENTITY', ppkId(ppk));
  return ppk.required ? [identity] : [identity, notifyPayload('NO_PPK_AUTH', plainAuth())];
}

/** The keys that an initiator's IKE_AUTH goes by, and where its proof stands. */
export type PpkChoice = {
  readonly ppk: PostQuantumKey | undefined;
  readonly keys: IkeKeys;
  /** Undefined: the data of the AUTH payload. */
  readonly proof: Uint8Array | undefined;
};

/** RFC 8784 §3, table 1, for one tunnel that the initiator may mean; nothing of it is proven yet. */
export function choosePpk(sa: IkeSaV2, policy: TunnelPolicy, payloads: readonly Payload[]): PpkChoice | Reason {
  const { ppk } = policy;
  if (sa.handshake?.usePpk !== true) return ppk?.required === true ? notOffered(ppk) : plain(sa, undefined);
  const named = findNotify(payloads, 'PPK_IDENTITY')?.data;
  if (named === undefined) return NOT_NAMED;
  if (ppk !== undefined && equalBytes(named, ppkId(ppk))) return { ppk, keys: keysWith(sa, ppk), proof: undefined };
  const fallback = findNotify(payloads, 'NO_PPK_AUTH')?.data;
  return ppk?.required === true || fallback === undefined ? otherPpk(ppk, named) : plain(sa, fallback);
}

/** The responder does not use the PPK: neither in IKE_SA_INIT nor in IKE_AUTH where it must. */
export function ppkUnused({ id }: PostQuantumKey): Reason {
  return {
    code: 'ppk-mismatch',
    text: `the peer does not use the post-quantum key "${id}", which this tunnel requires (ppk.required)`,
  };
}

/** AUTH was made with other keys than ours, the PPK among them: it does not show which of them differs. */
export function wrongKeys({ id }: PostQuantumKey): Reason {
  const text = `the keys differ: either the pre-shared key or the post-quantum key "${id}" of the peer is another one than here`;
  return { code: 'authentication-failed', text };
}

function plain(sa: IkeSaV2, proof: Uint8Array | undefined): PpkChoice {
  return { ppk: undefined, keys: keysWith(sa, undefined), proof };
}

function ppkId({ id }: PostQuantumKey): Uint8Array {
  return concatBytes(Uint8Array.of(PPK_ID_FIXED), utf8(id));
}

function notOffered({ id }: PostQuantumKey): Reason {
  return {
    code: 'ppk-mismatch',
    text: `the peer does not offer post-quantum keys; this tunnel requires "${id}" (ppk.required)`,
  };
}

function otherPpk(ppk: PostQuantumKey | undefined, named: Uint8Array): Reason {
  const theirs = `the peer uses the post-quantum key "${shownId(named)}"`;
  const ours = ppk === undefined ? 'has none' : `${ppk.required ? 'requires' : 'has'} "${ppk.id}"`;
  return { code: 'ppk-mismatch', text: `${theirs}, this tunnel ${ours} (ppk.id)` };
}

/** The type octet is no part of the name; anything may stand in the rest. */
function shownId(named: Uint8Array): string {
  return printable(String.fromCharCode(...named.subarray(1, 1 + 2 * SHOWN_ID)), SHOWN_ID);
}

const NOT_NAMED: Reason = {
  code: 'protocol-error',
  text: 'the peer announced a post-quantum key and then named none',
};
