import { concatBytes, utf8 } from '../../base/bytes.ts';
import type { Secret } from '../../base/secret.ts';
import type { PrfKeyword } from '../../crypto/algorithms.ts';
import { prf } from '../../crypto/prf.ts';

/** RFC 7296 §2.15: 17 ASCII characters without a terminator. */
const KEY_PAD = utf8('Key Pad for IKEv2');

export type PskAuthInput = {
  readonly prf: PrfKeyword;
  readonly psk: Secret;
  /** The signer's own IKE_SA_INIT message, exactly as last sent: header included, non-ESP marker not. */
  readonly message: Uint8Array;
  /** The nonce of the other side. */
  readonly peerNonce: Uint8Array;
  /** SK_pi where the original initiator signs, SK_pr where the responder does. */
  readonly skP: Uint8Array;
  /** The signer's Identification payload without its generic header, as it goes over the wire. */
  readonly idBody: Uint8Array;
  /** RFC 9242 §3.3.2; absent where no IKE_INTERMEDIATE has taken place. */
  readonly intAuth?: Uint8Array;
};

/** The Authentication Data of the shared key message integrity code, RFC 7296 §2.15. */
export function pskAuth(input: PskAuthInput): Uint8Array {
  const macedId = prf(input.prf, input.skP, input.idBody);
  const signedOctets = concatBytes(input.message, input.peerNonce, macedId, input.intAuth ?? new Uint8Array(0));
  return prf(input.prf, prf(input.prf, input.psk.expose(), KEY_PAD), signedOctets);
}
