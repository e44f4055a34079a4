import type { Duration, Instant } from '../base/time.ts';
import type { TunnelState } from './tunnel-state.ts';

/**
 * Whose attempt may begin. Where thousands of tunnels begin at once, after a start or once the uplink is back, they would
 * fill every queue between here and their peers, fail for that, and try again all at once. So few are being brought up at a
 * time, and all others follow as these are done: as fast as this machine and the peers can, and no faster. A peer that does
 * not answer holds nobody up for more than a moment.
 */
export class Turns {
  /** Those that are being brought up, since when, the oldest first. */
  readonly #begun = new Map<TunnelState, Instant>();
  readonly #asked = new Set<TunnelState>();
  readonly #waiting = new Set<TunnelState>();

  isFree(now: Instant): boolean {
    this.#forgetSlow(now);
    return this.#begun.size < AT_ONCE;
  }

  /** `asked`: before all that begin by themselves. One that waits already keeps its place. */
  wait(tunnel: TunnelState, asked: boolean): void {
    (asked ? this.#asked : this.#waiting).add(tunnel);
  }

  /** It waits no more. */
  leave(tunnel: TunnelState): void {
    this.#asked.delete(tunnel);
    this.#waiting.delete(tunnel);
  }

  /** Its attempt has begun, just now. */
  begin(tunnel: TunnelState, now: Instant): void {
    this.#begun.delete(tunnel);
    this.#begun.set(tunnel, now);
  }

  /** Its attempt is over, or there was none. */
  end(tunnel: TunnelState): void {
    this.#begun.delete(tunnel);
  }

  /** The one that may begin now. */
  next(now: Instant): TunnelState | undefined {
    if (!this.isFree(now)) return undefined;
    const [next] = this.#asked.size > 0 ? this.#asked : this.#waiting;
    return next;
  }

  /** When another may begin although nothing happens until then; undefined where nobody waits. */
  get nextAt(): Instant | undefined {
    if (this.#asked.size + this.#waiting.size === 0) return undefined;
    const [oldest = 0] = this.#begun.values();
    return oldest + PATIENCE;
  }

  #forgetSlow(now: Instant): void {
    for (const [tunnel, since] of this.#begun) {
      if (now - since < PATIENCE) return;
      this.#begun.delete(tunnel);
    }
  }
}

/** As many as keep both ends of a quick path busy, and no more datagrams than a small socket buffer holds. */
const AT_ONCE = 128;
/** A handshake across half of the world takes less. */
const PATIENCE: Duration = 1_000;
