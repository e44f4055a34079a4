import { toHex } from '../../base/bytes.ts';
import { formatProposal } from '../../sa/proposal.ts';
import { formatSelector } from '../../sa/traffic-selector.ts';
import type { Context } from '../common/context.ts';
import {
  identityText,
  type MessageRecord,
  masked,
  recordPayloads,
  spiText,
  withDetails,
} from '../common/message-record.ts';
import { exchangeName, type IkeHeader } from '../wire/header.ts';
import { readChildOffers, readIkeOffers } from './proposals.ts';
import type { IkeSaV1 } from './state.ts';
import { selectorFromClientId } from './wire/client-id.ts';
import { ID_TYPE, type IdPayload } from './wire/id.ts';
import { notifyName } from './wire/notify.ts';
import type { PayloadV1 } from './wire/payload.ts';
import type { SaPayload } from './wire/sa.ts';
import { vendorIdName } from './wire/vendor-id.ts';

/** Tells of a message of ours, or of one of the peer's that fits where its IKE SA stands. */
export function recordMessage(
  ctx: Context,
  sa: IkeSaV1,
  way: 'sent' | 'received',
  { exchangeType, messageId }: Pick<IkeHeader, 'exchangeType' | 'messageId'>,
  payloads: readonly PayloadV1[],
): void {
  if (!ctx.recordsMessages) return;
  const record: MessageRecord = {
    exchange: exchangeName(exchangeType),
    messageId,
    payloads: recordPayloads(payloads, describePayload),
  };
  ctx.emit({ type: `message.${way}`, tunnel: sa.tunnel, ikeSa: sa.id, ...record });
}

/** One payload in a few words; nothing secret in it. */
export function describePayload(payload: PayloadV1): string {
  switch (payload.type) {
    case 'SA':
      return withDetails('SA', proposalTexts(payload));
    case 'KE':
    case 'Nonce':
    case 'HASH':
    case 'FRAG':
      return withDetails(payload.type, [masked(payload.data)]);
    case 'ID':
      return withDetails('ID', [idText(payload)]);
    case 'N':
      return withDetails('N', [
        notifyName(payload.notify),
        ...(payload.spi.length === 4 ? [spiText(payload.protocol, payload.spi)] : []),
      ]);
    case 'D':
      return withDetails(
        'D',
        payload.spis.map((spi) => spiText(payload.protocol, spi)),
      );
    case 'V':
      return withDetails('V', [vendorIdName(payload.data) ?? toHex(payload.data.subarray(0, SHOWN_BYTES))]);
    case 'NAT-OA':
      return withDetails('NAT-OA', [payload.address]);
    case 'NAT-D':
      return payload.type;
    case 'unknown':
      return withDetails(`payload ${payload.payloadType}`, [masked(payload.body)]);
    default:
      return withDetails(payload.type, [masked(payload.body)]);
  }
}

const SHOWN_BYTES = 16;

/** What is readable of it; how many transforms there are besides. */
function proposalTexts({ proposals }: SaPayload): string[] {
  const ike = readIkeOffers(proposals).map(({ proposal }) => `IKE ${formatProposal(proposal)}`);
  const child = readChildOffers(proposals).map(
    ({ proposal, spi }) => `${proposal.protocol.toUpperCase()} ${toHex(spi)} ${formatProposal(proposal)}`,
  );
  const all = proposals.reduce((sum, { transforms }) => sum + transforms.length, 0);
  const unread = all - ike.length - child.length;
  return [...ike, ...child, ...(unread > 0 ? [`${unread} that we cannot read`] : [])];
}

/** In Quick Mode a segment, else who somebody is; a plain address may be either, and looks the same. */
function idText(payload: IdPayload): string {
  if (!SEGMENT_TYPES.has(payload.idType)) return identityText(payload.idType, payload.data);
  const result = selectorFromClientId(payload);
  return result.kind === 'selector' ? formatSelector(result.selector) : `type ${payload.idType}, not readable`;
}

const SEGMENT_TYPES: ReadonlySet<number> = new Set([
  ID_TYPE.IPV4_ADDR_SUBNET,
  ID_TYPE.IPV6_ADDR_SUBNET,
  ID_TYPE.IPV4_ADDR_RANGE,
  ID_TYPE.IPV6_ADDR_RANGE,
]);
