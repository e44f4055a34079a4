import { renameKeys } from '../base/rename-keys.ts';
import type { Now } from '../base/time.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { MessageRecord } from '../ike/common/message-record.ts';

export type MessageEvent = Extract<GatewayEvent, { readonly type: 'message.sent' | 'message.received' }>;

/** A message of a tunnel. `time` is ISO 8601, `ike` the daemon's own number of the IKE SA. */
export type ExchangedMessage = MessageRecord & {
  readonly time: string;
  readonly way: 'sent' | 'received';
  readonly ike: number;
};

export function isMessageEvent(event: GatewayEvent): event is MessageEvent {
  return event.type === 'message.sent' || event.type === 'message.received';
}

/** Few are ever looked at: what makes them fit to be shown is done then. */
type Kept = Pick<MessageRecord, 'exchange' | 'messageId' | 'payloads'> & {
  readonly kind: MessageRecord['kind'] | undefined;
  readonly wall: number;
  readonly way: 'sent' | 'received';
  readonly ike: number;
};

/**
 * The last messages of each tunnel. What comes before it is known whose an IKE SA is belongs to the tunnel that it
 * turns out to be.
 */
export class ExchangeRecord {
  readonly #capacity: number;
  readonly #byTunnel = new Map<string, Kept[]>();
  /** By IKE SA, the eldest first. */
  readonly #unclaimed = new Map<number, Kept[]>();
  readonly #texts = new CommonTexts();

  /** `capacity`: messages that are kept of each tunnel. */
  constructor(capacity = 64) {
    this.#capacity = capacity;
  }

  add(event: MessageEvent, now: Now): void {
    const { type, tunnel, ikeSa, exchange, messageId, kind } = event;
    const way = type === 'message.sent' ? 'sent' : 'received';
    const payloads = event.payloads.map((text) => this.#texts.one(text));
    const message: Kept = { wall: now.wall, way, ike: ikeSa, exchange, messageId, kind, payloads };
    if (tunnel === undefined) return this.#keepUnclaimed(message);
    const before = this.#unclaimed.get(ikeSa) ?? [];
    this.#unclaimed.delete(ikeSa);
    const kept = this.#byTunnel.get(tunnel) ?? [];
    kept.push(...before, message);
    if (kept.length > this.#capacity) kept.splice(0, kept.length - this.#capacity);
    this.#byTunnel.set(tunnel, kept);
  }

  /** Oldest first. */
  of(tunnel: string): readonly ExchangedMessage[] {
    return (this.#byTunnel.get(tunnel) ?? []).map(shown);
  }

  /** Tunnels go on under other names: `renamed` has the new one by the old. */
  rename(renamed: ReadonlyMap<string, string>): void {
    renameKeys(this.#byTunnel, renamed);
  }

  forgetTunnel(tunnel: string): void {
    this.#byTunnel.delete(tunnel);
  }

  /** Forgets the tunnels that are configured no longer. */
  keepOnly(tunnels: ReadonlySet<string>): void {
    for (const name of this.#byTunnel.keys()) if (!tunnels.has(name)) this.#byTunnel.delete(name);
  }

  #keepUnclaimed(message: Kept): void {
    const kept = this.#unclaimed.get(message.ike) ?? [];
    if (kept.length < MAX_UNCLAIMED_MESSAGES) kept.push(message);
    this.#unclaimed.set(message.ike, kept);
    const [eldest] = this.#unclaimed.keys();
    if (this.#unclaimed.size > MAX_UNCLAIMED && eldest !== undefined) this.#unclaimed.delete(eldest);
  }
}

/** Half-open IKE SAs, and messages of each, that are remembered without knowing whose they are. */
const MAX_UNCLAIMED = 256;
const MAX_UNCLAIMED_MESSAGES = 4;

function shown({ wall, way, ike, exchange, messageId, kind, payloads }: Kept): ExchangedMessage {
  const message = { time: new Date(wall).toISOString(), way, ike, exchange, messageId };
  return kind === undefined ? { ...message, payloads } : { ...message, kind, payloads };
}

/** Nearly all payloads are described by the same few texts, of which one is enough for thousands of tunnels. */
class CommonTexts {
  readonly #texts = new Map<string, string>();

  one(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    // Identities and segments are of one tunnel, and would fill it; a long one is some stranger's.
    if (this.#texts.size < MAX_TEXTS && text.length <= MAX_TEXT_LENGTH && COMMON.test(text))
      this.#texts.set(text, text);
    return text;
  }
}

const COMMON = /^(?:N|SA|KE|Nonce|AUTH)\(/;
const MAX_TEXTS = 256;
/** Characters. */
const MAX_TEXT_LENGTH = 256;
