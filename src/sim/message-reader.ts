import { toHex } from '../base/bytes.ts';
import { IkeCore } from '../ike/core.ts';
import { classifyDatagram } from '../ike/demux.ts';
import { openMessage } from '../ike/v2/encrypted-payload.ts';
import { type IkeKeys, messageKeys } from '../ike/v2/keymat.ts';
import { decodePlainMessage } from '../ike/v2/wire/message.ts';
import { notifyName } from '../ike/v2/wire/notify.ts';
import { decodePayloads, type Payload } from '../ike/v2/wire/payload.ts';
import { PROTOCOL } from '../ike/v2/wire/sa.ts';
import { decodeHeader, EXCHANGE, exchangeName, FLAG_INITIATOR, FLAG_RESPONSE } from '../ike/wire/header.ts';
import type { CipherSuite } from '../sa/proposal.ts';
import type { SimGateway } from './gateway.ts';
import type { Datagram } from './network.ts';

/** What a message of IKEv2 says, to those who hold the keys. */
export type ReadMessage = {
  /** `CREATE_CHILD_SA` and the like. */
  readonly exchange: string;
  readonly kind: 'request' | 'response';
  readonly messageId: number;
  /** The SPI of the IKE SA's initiator: it tells the IKE SAs of a tunnel apart. */
  readonly initiatorSpi: string;
  /** One for each payload: its type, or `N(TEMPORARY_FAILURE)`, `D(ESP c0ffee00)`, `D(IKE)`. */
  readonly contents: readonly string[];
};

/** Reads what two gateways say to each other with the keys that their cores hold, or held when they said it before. */
export class MessageReader {
  readonly #keys = new Map<string, { readonly suite: CipherSuite; readonly keys: IkeKeys }>();

  /** undefined for what is no message of IKEv2. */
  read(sender: SimGateway, { from, bytes }: Datagram): ReadMessage | undefined {
    const classified = classifyDatagram(from, bytes);
    if (classified.kind !== 'ike') return undefined;
    const { message } = classified;
    const header = decodeHeader(message);
    if (header.majorVersion !== 2) return undefined;
    if (!this.#keys.has(header.initiatorSpi)) this.#learn(sender);
    const plain = header.exchangeType === EXCHANGE.IKE_SA_INIT;
    const payloads = plain ? decodePlainMessage(message).payloads : this.#open(message);
    return {
      exchange: exchangeName(header.exchangeType),
      kind: (header.flags & FLAG_RESPONSE) === 0 ? 'request' : 'response',
      messageId: header.messageId,
      initiatorSpi: header.initiatorSpi,
      contents: payloads.map(contentText),
    };
  }

  #learn({ machine }: SimGateway): void {
    if (!(machine instanceof IkeCore)) return;
    for (const sa of machine.snapshot().ikeSas.values())
      if (sa.version === 2 && sa.suite !== undefined && sa.keys !== undefined)
        this.#keys.set(sa.initiatorSpi, { suite: sa.suite, keys: sa.keys });
  }

  #open(message: Uint8Array): readonly Payload[] {
    const { initiatorSpi, flags } = decodeHeader(message);
    const known = this.#keys.get(initiatorSpi);
    if (known === undefined) return [];
    const sender = (flags & FLAG_INITIATOR) === 0 ? 'responder' : 'initiator';
    const opened = openMessage(message, known.suite, messageKeys(known.keys, sender));
    return opened === undefined || opened.fragment !== undefined ? [] : decodePayloads(opened.firstType, opened.chain);
  }
}

function contentText(payload: Payload): string {
  if (payload.type === 'N') return `N(${[notifyName(payload.notify), toHex(payload.spi)].filter(Boolean).join(' ')})`;
  if (payload.type !== 'D') return payload.type;
  const protocol = payload.protocol === PROTOCOL.IKE ? 'IKE' : 'ESP';
  return `D(${[protocol, ...payload.spis.map(toHex)].join(' ')})`;
}
