import { toHex } from '../../base/bytes.ts';
import { formatProposal } from '../../sa/proposal.ts';
import { formatSelector } from '../../sa/traffic-selector.ts';
import type { Context } from '../common/context.ts';
import {
  groupText,
  identityText,
  type MessageRecord,
  masked,
  protocolText,
  recordPayloads,
  spiText,
  withDetails,
} from '../common/message-record.ts';
import { exchangeName, FLAG_RESPONSE, type IkeHeader } from '../wire/header.ts';
import { fromWire } from './proposals.ts';
import type { IkeSaV2 } from './state.ts';
import { AUTH_METHOD } from './wire/auth.ts';
import { decodeMessageIdSync } from './wire/message-id-sync.ts';
import { NOTIFY, type NotifyPayload, notifyName } from './wire/notify.ts';
import type { Payload } from './wire/payload.ts';
import type { WireProposal } from './wire/sa.ts';

/** Tells of a message of ours, or of an authentic one (IKE_SA_INIT: a fitting one) of the peer's. */
export function recordMessage(
  ctx: Context,
  sa: IkeSaV2,
  way: 'sent' | 'received',
  { exchangeType, messageId, flags }: Pick<IkeHeader, 'exchangeType' | 'messageId' | 'flags'>,
  payloads: readonly Payload[],
): void {
  if (!ctx.recordsMessages) return;
  const record: MessageRecord = {
    exchange: exchangeName(exchangeType),
    messageId,
    kind: (flags & FLAG_RESPONSE) === 0 ? 'request' : 'response',
    payloads: recordPayloads(payloads, describePayload),
  };
  ctx.emit({ type: `message.${way}`, tunnel: sa.tunnel, ikeSa: sa.id, ...record });
}

/** One payload in a few words; nothing secret in it. */
export function describePayload(payload: Payload): string {
  switch (payload.type) {
    case 'SA':
      return withDetails('SA', payload.proposals.map(proposalText));
    case 'KE':
      return withDetails('KE', [groupText(payload.method), masked(payload.data)]);
    case 'IDi':
    case 'IDr':
      return withDetails(payload.type, [identityText(payload.idType, payload.data)]);
    case 'AUTH':
      return withDetails('AUTH', [
        AUTH_METHODS.get(payload.method) ?? `method ${payload.method}`,
        masked(payload.data),
      ]);
    case 'Nonce':
      return withDetails('Nonce', [masked(payload.data)]);
    case 'N':
      return withDetails('N', [notifyName(payload.notify), ...notifyDetails(payload)]);
    case 'D':
      return withDetails('D', payload.spis.length === 0 ? [protocolText(payload.protocol)] : deletedSpis(payload));
    case 'V':
      return withDetails('V', [toHex(payload.data.subarray(0, SHOWN_BYTES))]);
    case 'TSi':
    case 'TSr':
      return withDetails(payload.type, payload.selectors.map(formatSelector));
    case 'unknown':
      return withDetails(`payload ${payload.payloadType}`, [masked(payload.body)]);
    case 'SKF':
      return payload.type;
    default:
      return withDetails(payload.type, [masked(payload.body)]);
  }
}

const SHOWN_BYTES = 16;

const AUTH_METHODS: ReadonlyMap<number, string> = new Map([
  [AUTH_METHOD.SHARED_KEY_MIC, 'pre-shared key'],
  [AUTH_METHOD.RSA, 'RSA'],
  [AUTH_METHOD.DSS, 'DSS'],
  [AUTH_METHOD.DIGITAL_SIGNATURE, 'signature'],
]);

function proposalText(wire: WireProposal): string {
  const proposal = fromWire(wire, wire.spi.length === 8 ? 8 : 0);
  if (proposal === undefined) return `${protocolText(wire.protocol)} proposal ${wire.number} that we cannot read`;
  const spi = wire.spi.length === 0 ? '' : ` ${toHex(wire.spi)}`;
  return `${protocolText(wire.protocol)}${spi} ${formatProposal(proposal)}`;
}

function deletedSpis({ protocol, spis }: Extract<Payload, { type: 'D' }>): string[] {
  return spis.map((spi) => spiText(protocol, spi));
}

function notifyDetails(payload: NotifyPayload): string[] {
  const { notify, protocol, spi, data } = payload;
  if (notify === NOTIFY.INVALID_KE_PAYLOAD && data.length === 2) {
    return [`wants ${groupText(((data[0] ?? 0) << 8) | (data[1] ?? 0))}`];
  }
  const sync = notify === NOTIFY.IKEV2_MESSAGE_ID_SYNC ? decodeMessageIdSync(payload) : undefined;
  if (sync !== undefined) return [`sends ${sync.sends}`, `expects ${sync.expects}`];
  return spi.length === 0 ? [] : [spiText(protocol, spi)];
}
