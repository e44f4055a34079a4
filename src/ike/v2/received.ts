import type { Endpoint } from '../../base/net.ts';
import type { IkeHeader } from '../wire/header.ts';
import type { ProtectedContent } from './int-auth.ts';
import type { Payload } from './wire/payload.ts';

/** A message that fits where its IKE SA stands, decoded and (but for IKE_SA_INIT) authenticated by the SK keys. */
export type Received = {
  readonly header: IkeHeader;
  readonly messageId: number;
  /** As it was on the wire, without the non-ESP marker. */
  readonly message: Uint8Array;
  /** SHA-256 of the datagram (of the first fragment) that carried it. */
  readonly digest: Uint8Array;
  readonly payloads: readonly Payload[];
  /** What the payloads were decoded from; absent in IKE_SA_INIT, where nothing is protected. */
  readonly content?: ProtectedContent;
  readonly local: Endpoint;
  readonly remote: Endpoint;
};

/** What is needed to answer a request later: where it came from and how to know it again. */
export type RequestRef = {
  readonly messageId: number;
  readonly digest: Uint8Array;
  readonly local: Endpoint;
  readonly remote: Endpoint;
};
