import { concatBytes, fromHex } from '../../base/bytes.ts';
import type { ChildProtocol } from '../../sa/proposal.ts';
import { type AttributeClasses, type Lifetimes, lifetimeAttributes } from './transform-attributes.ts';
import { encodeAttributes } from './wire/attribute.ts';
import type { DeletePayload } from './wire/delete.ts';
import { NOTIFY, type NotifyPayload } from './wire/notify.ts';
import { IPSEC_DOI, PROTOCOL } from './wire/sa.ts';

const NO_DATA = new Uint8Array(0);

type SpiPair = { readonly initiatorSpi: string; readonly responderSpi: string };

/** A notify about an IKE SA; both its SPIs name it (RFC 2408 §3.14). */
export function ikeNotify(sa: SpiPair, name: keyof typeof NOTIFY, data: Uint8Array = NO_DATA): NotifyPayload {
  return { type: 'N', doi: IPSEC_DOI, protocol: PROTOCOL.ISAKMP, spi: spiPair(sa), notify: NOTIFY[name], data };
}

/** A notify about a Quick Mode, named by the SPI that its initiator proposed. */
export function childNotify(
  protocol: ChildProtocol,
  spi: Uint8Array,
  name: keyof typeof NOTIFY,
  data: Uint8Array = NO_DATA,
): NotifyPayload {
  return { type: 'N', doi: IPSEC_DOI, protocol: CHILD_PROTOCOL[protocol], spi, notify: NOTIFY[name], data };
}

/** The data of RESPONDER-LIFETIME, RFC 2407 §4.6.3.1. */
export function lifetimeData(lifetimes: Lifetimes, classes: AttributeClasses): Uint8Array {
  return encodeAttributes(lifetimeAttributes(lifetimes, classes));
}

/** Delete of the IKE SA, RFC 2408 §3.15. */
export function deleteIke(sa: SpiPair): DeletePayload {
  return { type: 'D', doi: IPSEC_DOI, protocol: PROTOCOL.ISAKMP, spis: [spiPair(sa)] };
}

/** Delete of Child SAs by the SPIs of the sender's inbound side. */
export function deleteChildren(protocol: ChildProtocol, spis: readonly Uint8Array[]): DeletePayload {
  return { type: 'D', doi: IPSEC_DOI, protocol: CHILD_PROTOCOL[protocol], spis };
}

export const CHILD_PROTOCOL: { readonly [Protocol in ChildProtocol]: number } = {
  esp: PROTOCOL.ESP,
  ah: PROTOCOL.AH,
};

export function spiPair(sa: SpiPair): Uint8Array {
  return concatBytes(fromHex(sa.initiatorSpi), fromHex(sa.responderSpi));
}
