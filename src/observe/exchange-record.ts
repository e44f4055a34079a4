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

/**
 * The last messages of each tunnel. What comes before it is known whose an IKE SA is belongs to the tunnel that it
 * turns out to be.
 */
export class ExchangeRecord {
  readonly #capacity: number;
  readonly #byTunnel = new Map<string, ExchangedMessage[]>();
  /** By IKE SA, the eldest first. */
  readonly #unclaimed = new Map<number, ExchangedMessage[]>();

  /** `capacity`: messages that are kept of each tunnel. */
  constructor(capacity = 64) {
    this.#capacity = capacity;
  }

  add(event: MessageEvent, now: Now): void {
    const { type, tunnel, ikeSa, exchange, messageId, kind, payloads } = event;
    const message: ExchangedMessage = {
      time: new Date(now.wall).toISOString(),
      way: type === 'message.sent' ? 'sent' : 'received',
      ike: ikeSa,
      exchange,
      messageId,
      ...(kind === undefined ? {} : { kind }),
      payloads,
    };
    if (tunnel === undefined) return this.#keepUnclaimed(message);
    const before = this.#unclaimed.get(ikeSa) ?? [];
    this.#unclaimed.delete(ikeSa);
    const kept = this.#byTunnel.get(tunnel) ?? [];
    kept.push(...before, message);
    kept.splice(0, kept.length - this.#capacity);
    this.#byTunnel.set(tunnel, kept);
  }

  /** Oldest first. */
  of(tunnel: string): readonly ExchangedMessage[] {
    return [...(this.#byTunnel.get(tunnel) ?? [])];
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

  #keepUnclaimed(message: ExchangedMessage): void {
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
