import { ByteReader, ByteWriter, concatBytes, fromHex, toHex } from '../../../base/bytes.ts';
import { NOTIFY, type NotifyPayload } from './notify.ts';
import { IPSEC_DOI, PROTOCOL } from './sa.ts';

/** What an R-U-THERE or R-U-THERE-ACK says, RFC 3706 §5.3. SPIs as in the IKE header. */
export type DpdNotify = {
  readonly kind: 'R-U-THERE' | 'R-U-THERE-ACK';
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  /** 32 bits, unsigned. */
  readonly sequence: number;
};

const NOTIFY_OF_KIND = { 'R-U-THERE': NOTIFY.R_U_THERE, 'R-U-THERE-ACK': NOTIFY.R_U_THERE_ACK } as const;

const SPI_BYTES = 8;
const SEQUENCE_BYTES = 4;

/**
 * Undefined for any other notify, and for one that does not name an IKE SA by both its SPIs or has no sequence
 * number of four octets. Whether the SPIs are those of the message is for the receiver to check (RFC 3706 §6.2).
 */
export function readDpdNotify(payload: NotifyPayload): DpdNotify | undefined {
  const { doi, protocol, notify, spi, data } = payload;
  if (doi !== IPSEC_DOI || protocol !== PROTOCOL.ISAKMP) return undefined;
  if (spi.length !== 2 * SPI_BYTES || data.length !== SEQUENCE_BYTES) return undefined;
  const kind = kindOf(notify);
  if (kind === undefined) return undefined;
  return {
    kind,
    initiatorSpi: toHex(spi.subarray(0, SPI_BYTES)),
    responderSpi: toHex(spi.subarray(SPI_BYTES)),
    sequence: new ByteReader(data).u32('N.data'),
  };
}

/** By its type alone, whatever else is wrong with it. */
export function isDpd({ notify }: NotifyPayload): boolean {
  return kindOf(notify) !== undefined;
}

export function dpdNotify(fields: DpdNotify): NotifyPayload {
  return {
    type: 'N',
    doi: IPSEC_DOI,
    protocol: PROTOCOL.ISAKMP,
    spi: concatBytes(fromHex(fields.initiatorSpi), fromHex(fields.responderSpi)),
    notify: NOTIFY_OF_KIND[fields.kind],
    data: new ByteWriter().u32(fields.sequence).finish(),
  };
}

function kindOf(notify: number): DpdNotify['kind'] | undefined {
  if (notify === NOTIFY.R_U_THERE) return 'R-U-THERE';
  return notify === NOTIFY.R_U_THERE_ACK ? 'R-U-THERE-ACK' : undefined;
}
