import { IkeCore } from '../ike/core.ts';
import { classifyDatagram } from '../ike/demux.ts';
import { openMessage, sealMessage } from '../ike/v2/encrypted-payload.ts';
import { messageKeys } from '../ike/v2/keymat.ts';
import type { IkeSaV2 } from '../ike/v2/state.ts';
import { ivOf } from '../ike/v2/testing/protections.ts';
import { decodeMessageIdSync, encodeMessageIdSync, type MessageIdSync } from '../ike/v2/wire/message-id-sync.ts';
import { decodePayloads } from '../ike/v2/wire/payload.ts';
import { EXCHANGE, FLAG_INITIATOR } from '../ike/wire/header.ts';
import type { SimGateway } from './gateway.ts';
import type { HeldMessage } from './message-gate.ts';
import type { Stage } from './stage.ts';

const NONCE = Uint8Array.of(0xc1, 0x05, 0x7e, 0x12);
const NAT_TRAVERSAL_PORT = 4500;

/** The message IDs of the next request sent and of the next one expected. */
export type MessageIds = Pick<MessageIdSync, 'sends' | 'expects'>;

/**
 * One end as a cluster whose members share the SAs and not the message IDs (RFC 6311). Cygnet is no cluster: what a new
 * member asks and makes of the answer is played here; all else is a core's.
 */
export class Cluster {
  readonly #stage: Stage;
  readonly #gateway: SimGateway;
  readonly #initiatorSpi: string;

  /** It is about the IKE SA that there is now. */
  constructor(stage: Stage, gateway: SimGateway) {
    this.#stage = stage;
    this.#gateway = gateway;
    this.#initiatorSpi = ikeSaOf(gateway).initiatorSpi;
  }

  /** Another member takes over, with these message IDs, and without what the last one has sent or answered. */
  failOver({ sends, expects }: MessageIds): void {
    this.#stage.pair.world.note(() => `== ${this.#gateway.name} fails over, sends ${sends}, expects ${expects}`);
    const forgotten = { outstanding: undefined, answered: undefined };
    const ids = { nextRequestId: sends, expectedRequestId: expects };
    changeIkeSa(this.#stage, this.#gateway, { ...ids, ...forgotten }, this.#initiatorSpi);
  }

  /** INFORMATIONAL SK { N(IKEV2_MESSAGE_ID_SYNC) } --> with message ID 0; it waits at the gate. */
  ask({ sends, expects }: MessageIds): void {
    const sa = ikeSaOf(this.#gateway, this.#initiatorSpi);
    const protection = protectionOf(sa, sa.role);
    const flags = sa.role === 'initiator' ? FLAG_INITIATOR : 0;
    const { initiatorSpi, responderSpi, local, remote } = sa;
    const message = sealMessage({
      ...protection,
      header: { initiatorSpi, responderSpi, exchangeType: EXCHANGE.INFORMATIONAL, flags, messageId: 0 },
      payloads: [encodeMessageIdSync({ nonce: NONCE, sends, expects })],
      iv: ivOf(protection),
    });
    const marker = local.port === NAT_TRAVERSAL_PORT ? 4 : 0;
    const bytes = new Uint8Array(marker + message.length);
    bytes.set(message, marker);
    this.#stage.pair.world.network.send({ from: local, to: remote, bytes });
  }

  /** Takes over and has its message IDs from the other end: what the answer says is what it goes on with. */
  synchronize(ids: MessageIds): MessageIds {
    this.failOver(ids);
    this.ask(ids);
    this.#stage.pass(this.#gateway, 'request', SYNC);
    return this.takeAnswer();
  }

  /** The answer comes. */
  takeAnswer(): MessageIds {
    const agreed = this.read(this.#stage.pass(this.#stage.other(this.#gateway), 'response', SYNC));
    this.failOver({ sends: agreed.expects, expects: agreed.sends });
    return agreed;
  }

  /** What an answer says to it; the nonce has to be that of the question (§5.1). */
  read({ datagram }: HeldMessage): MessageIds {
    const sa = ikeSaOf(this.#gateway, this.#initiatorSpi);
    const { suite, keys } = protectionOf(sa, sa.role === 'initiator' ? 'responder' : 'initiator');
    const classified = classifyDatagram(datagram.from, datagram.bytes);
    const opened = classified.kind === 'ike' ? openMessage(classified.message, suite, keys) : undefined;
    const [payload] = opened === undefined ? [] : decodePayloads(opened.firstType, opened.chain);
    const sync = payload?.type === 'N' ? decodeMessageIdSync(payload) : undefined;
    if (sync === undefined || sync.nonce.join() !== NONCE.join())
      return this.#stage.pair.world.fail('that is not the answer');
    return { sends: sync.sends, expects: sync.expects };
  }
}

export const SYNC = 'N(IKEV2_MESSAGE_ID_SYNC)';

/** The message IDs that a gateway has in fact. */
export function messageIdsOf(gateway: SimGateway): MessageIds {
  const { nextRequestId, expectedRequestId } = ikeSaOf(gateway);
  return { sends: nextRequestId, expects: expectedRequestId };
}

/** A process goes on that remembers something else of an IKE SA; without an SPI it is the only one. */
export function changeIkeSa(
  { pair }: Stage,
  gateway: SimGateway,
  changes: Partial<IkeSaV2>,
  initiatorSpi?: string,
): void {
  const { machine } = gateway;
  if (!(machine instanceof IkeCore)) throw new TypeError('only a core can be restored');
  const state = machine.snapshot();
  const sa = ikeSaOf(gateway, initiatorSpi);
  state.ikeSas.set(sa.id, { ...sa, ...changes });
  pair.restore(gateway, state);
}

function ikeSaOf({ machine }: SimGateway, initiatorSpi?: string): IkeSaV2 {
  const all = machine instanceof IkeCore ? [...machine.snapshot().ikeSas.values()] : [];
  const [sa, ...more] = all.filter((one) => initiatorSpi === undefined || one.initiatorSpi === initiatorSpi);
  if (sa?.version !== 2 || more.length > 0) throw new TypeError('one IKE SA of IKEv2 expected');
  return sa;
}

function protectionOf({ suite, keys }: IkeSaV2, sender: IkeSaV2['role']) {
  if (suite === undefined || keys === undefined) throw new TypeError('an IKE SA with keys expected');
  return { suite, keys: messageKeys(keys, sender) };
}
