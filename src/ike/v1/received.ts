import type { Endpoint } from '../../base/net.ts';
import type { IkeHeader } from '../wire/header.ts';

/** A message that fits where its IKE SA stands; of an encrypted one `body` is still as it came. */
export type Received = {
  readonly header: IkeHeader;
  /** What follows the header. */
  readonly body: Uint8Array;
  /** SHA-256 of the whole message, by which its repetition is known. */
  readonly digest: Uint8Array;
  readonly local: Endpoint;
  readonly remote: Endpoint;
};
