import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { type NotifyPayload, notifyPayload } from './notify.ts';

/** IKEV2_MESSAGE_ID_SYNC, RFC 6311 §6.3: which message IDs its sender goes on with. */
export type MessageIdSync = {
  /** 4 octets; the answer repeats those of the request. */
  readonly nonce: Uint8Array;
  /** EXPECTED_SEND_REQ_MESSAGE_ID: the one of its own next request. */
  readonly sends: number;
  /** EXPECTED_RECV_REQ_MESSAGE_ID: the one that it expects of the next request of the other end. */
  readonly expects: number;
};

export function encodeMessageIdSync({ nonce, sends, expects }: MessageIdSync): NotifyPayload {
  return notifyPayload('IKEV2_MESSAGE_ID_SYNC', new ByteWriter().bytes(nonce).u32(sends).u32(expects).finish());
}

/** undefined where it is malformed: nobody is told (§5.1), and no IKE SA ends for it. */
export function decodeMessageIdSync({ protocol, spi, data }: NotifyPayload): MessageIdSync | undefined {
  if (protocol !== 0 || spi.length > 0 || data.length !== SYNC_BYTES) return undefined;
  const reader = new ByteReader(data);
  const nonce = reader.bytes(NONCE_BYTES, 'IKEV2_MESSAGE_ID_SYNC.nonce');
  const sends = reader.u32('IKEV2_MESSAGE_ID_SYNC.sends');
  const expects = reader.u32('IKEV2_MESSAGE_ID_SYNC.expects');
  return { nonce, sends, expects };
}

const NONCE_BYTES = 4;
/** The nonce and two message IDs. */
const SYNC_BYTES = NONCE_BYTES + 8;
