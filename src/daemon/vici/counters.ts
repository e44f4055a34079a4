import type { GatewayEvent } from '../../ike/common/event.ts';
import type { MessageEvent } from '../../observe/exchange-record.ts';

/**
 * How many IKE messages there were and how often keys were renewed, by charon's names, of all connections together and of
 * each. Its size is bounded by the names of connections.
 */
export class ViciCounters {
  readonly #connectionOf: (tunnel: string) => string;
  #all = newCounts();
  readonly #connections = new Map<string, Counts>();

  constructor(connectionOf: (tunnel: string) => string) {
    this.#connectionOf = connectionOf;
  }

  /** `initiated`: who began what has happened to an IKE SA. */
  add(event: GatewayEvent, initiated: boolean): void {
    const name = counterOf(event, initiated);
    if (name === undefined) return;
    const count = event.type === 'datagram.dropped' ? event.count : 1;
    increase(this.#all, name, count);
    const tunnel = 'tunnel' in event ? event.tunnel : undefined;
    if (tunnel !== undefined) increase(this.#of(this.#connectionOf(tunnel)), name, count);
  }

  /** Undefined for a connection that nothing was counted of. */
  of(connection: string | undefined): ReadonlyMap<string, number> | undefined {
    const counts = connection === undefined ? this.#all : this.#connections.get(connection);
    return counts && new Map(NAMES.map((name, index) => [name, counts[index] ?? 0]));
  }

  connections(): readonly string[] {
    return [...this.#connections.keys()];
  }

  reset(connection: string | undefined): void {
    if (connection === undefined) this.#all = newCounts();
    else this.#connections.delete(connection);
  }

  /** Forgets connections that there are no longer. */
  keepOnly(connections: ReadonlySet<string>): void {
    for (const name of [...this.#connections.keys()]) if (!connections.has(name)) this.#connections.delete(name);
  }

  #of(connection: string): Counts {
    const counts = this.#connections.get(connection) ?? newCounts();
    this.#connections.set(connection, counts);
    return counts;
  }
}

/** In the order of the names: there is one for each of thousands of connections. */
type Counts = number[];

/** In charon's order, which is that of swanctl's output. */
const NAMES: readonly string[] = [
  'ike-rekey-init',
  'ike-rekey-resp',
  'child-rekey',
  'invalid',
  'invalid-spi',
  ...['ike-init', 'ike-auth', 'create-child', 'info'].flatMap((exchange) => Object.values(messageNames(exchange))),
];

const INDEX_OF: ReadonlyMap<string, number> = new Map(NAMES.map((name, index) => [name, index]));

function newCounts(): Counts {
  return NAMES.map(() => 0);
}

function increase(counts: Counts, name: string, count: number): void {
  const index = INDEX_OF.get(name);
  if (index !== undefined) counts[index] = (counts[index] ?? 0) + count;
}

/** The names for the messages of one exchange: of each there is a text for good, as they are looked up for each message. */
function messageNames(exchange: string) {
  return {
    receivedRequest: `${exchange}-in-req`,
    receivedResponse: `${exchange}-in-resp`,
    sentRequest: `${exchange}-out-req`,
    sentResponse: `${exchange}-out-resp`,
  };
}

/** IKEv1 has no exchanges of these names, and charon counts none of its messages either. */
const EXCHANGES: Readonly<Record<string, ReturnType<typeof messageNames>>> = {
  IKE_SA_INIT: messageNames('ike-init'),
  IKE_AUTH: messageNames('ike-auth'),
  CREATE_CHILD_SA: messageNames('create-child'),
  INFORMATIONAL: messageNames('info'),
};

function counterOf(event: GatewayEvent, initiated: boolean): string | undefined {
  switch (event.type) {
    case 'ike.rekeyed':
      return initiated ? 'ike-rekey-init' : 'ike-rekey-resp';
    case 'child.rekeyed':
      return 'child-rekey';
    case 'datagram.dropped':
      return event.why === 'unknown-spi' ? 'invalid-spi' : isMalformed(event.why) ? 'invalid' : undefined;
    case 'message.sent':
    case 'message.received':
      return messageCounter(event);
    default:
      return undefined;
  }
}

function messageCounter({ type, exchange, kind }: MessageEvent): string | undefined {
  const names = EXCHANGES[exchange];
  if (names === undefined || kind === undefined) return undefined;
  if (type === 'message.sent') return kind === 'request' ? names.sentRequest : names.sentResponse;
  return kind === 'request' ? names.receivedRequest : names.receivedResponse;
}

function isMalformed(why: string): boolean {
  return why.startsWith('header-') || why.startsWith('syntax-');
}
