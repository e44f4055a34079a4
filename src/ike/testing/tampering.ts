import type { Payload } from '../v2/wire/payload.ts';
import type { Sent } from './gateway.ts';

/** Where the fields of the IKE header stand; of the message ID the last octet. */
export const HEADER = { version: 17, exchange: 18, flags: 19, messageId: 23 } as const;

/** The datagram with one octet changed. */
export function withByte(sent: Sent, at: number, value: number): Sent {
  const datagram = sent.datagram.slice();
  datagram[at] = value;
  return { ...sent, datagram };
}

/** The payload with `length` octets of data, if it is of that type. */
export function resized(payload: Payload, type: 'KE' | 'Nonce', length: number): Payload {
  return payload.type === type ? { ...payload, data: new Uint8Array(length).fill(9) } : payload;
}

/** The payload with other Authentication Data, if it is AUTH. */
export function auth(payload: Payload, change: (data: Uint8Array) => Uint8Array): Payload {
  return payload.type === 'AUTH' ? { ...payload, data: change(payload.data) } : payload;
}

/** What is changed of every proposal of an SA payload. */
type SaChange = {
  readonly encryption?: 'aes256';
  readonly number?: number;
  readonly protocol?: number;
  readonly spi?: Uint8Array;
  readonly twice?: boolean;
  readonly repeat?: boolean;
};

/** The payload with other proposals, if it is SA. */
export function sa(payload: Payload, change: SaChange): Payload {
  if (payload.type !== 'SA') return payload;
  const proposals = payload.proposals.map((proposal) => ({
    ...proposal,
    number: change.number ?? proposal.number,
    protocol: change.protocol ?? proposal.protocol,
    spi: change.spi ?? proposal.spi,
    transforms: [
      ...proposal.transforms.map((transform) =>
        change.encryption !== undefined && transform.type === 1 ? { ...transform, keyLength: 256 } : transform,
      ),
      ...(change.repeat === true ? proposal.transforms.slice(0, 1) : []),
    ],
  }));
  return { ...payload, proposals: change.twice === true ? [...proposals, ...proposals] : proposals };
}
