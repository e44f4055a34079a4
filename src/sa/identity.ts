import type { IpAddress } from '../base/net.ts';

/** An identity of RFC 7296 §3.5 / RFC 2407 §4.6.2; the ID types share their numbers between IKEv1 and IKEv2. */
export type Identity =
  | { readonly type: 'ipv4' | 'ipv6'; readonly address: IpAddress }
  | { readonly type: 'fqdn' | 'rfc822'; readonly name: string }
  | { readonly type: 'keyid'; readonly bytes: Uint8Array }
  /** A type that we do not use (DN, unknown numbers), kept so that it can be compared, hashed and shown. */
  | { readonly type: 'other'; readonly idType: number; readonly bytes: Uint8Array };
