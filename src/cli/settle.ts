import type { ControlClient } from '../control/client.ts';
import type { ControlEvent, StatusReport, TunnelStatus } from '../control/protocol.ts';

/** What became of one tunnel: `pending` where it was not decided in time. */
export type Outcome = 'done' | 'failed' | 'pending';

export type SettleOptions = {
  readonly client: ControlClient;
  readonly tunnels: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
  /** Starts what is waited for; its answer is the first status that counts. */
  readonly start: () => Promise<StatusReport>;
  readonly judge: (tunnel: TunnelStatus) => Outcome;
  /** Told of what happens to these tunnels meanwhile. */
  readonly onEvent: (event: ControlEvent) => void;
  /** Told of each tunnel once, when it is decided or the time is over. */
  readonly onOutcome: (tunnel: TunnelStatus, outcome: Outcome) => void;
};

/** Between looks at the status where no event tells to look earlier. */
const LOOK_INTERVAL = 500;

/** Milliseconds for the events of before the first answer to arrive. */
const EVENT_GRACE = 20;

/** Starts something and waits until it has come to an end for each of the tunnels. Resolves with all outcomes. */
export async function settle(options: SettleOptions): Promise<Outcome[]> {
  const deadline = performance.now() + options.timeout;
  const abort = new AbortController();
  // Subscribed before anything is started, so that no event of it is missed.
  const events = await options.client.events({ signal: abort.signal });
  try {
    const report = await options.start();
    const bell = new Bell();
    void follow(events, options, bell);
    // Answers and events come over two connections: what came first is told first.
    await new Promise((resolve) => setTimeout(resolve, EVENT_GRACE));
    return await decide(report, deadline, bell, options);
  } finally {
    abort.abort();
  }
}

async function decide(first: StatusReport, deadline: number, bell: Bell, options: SettleOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let pending = first.tunnels;
  for (;;) {
    const late = performance.now() >= deadline;
    const open: string[] = [];
    for (const tunnel of pending) {
      const outcome = options.judge(tunnel);
      if (outcome === 'pending' && !late) {
        open.push(tunnel.name);
        continue;
      }
      options.onOutcome(tunnel, outcome);
      outcomes.push(outcome);
    }
    if (open.length === 0) return outcomes;
    await bell.wait(Math.min(LOOK_INTERVAL, Math.max(1, deadline - performance.now())));
    pending = (await options.client.call('status', { tunnel: open })).tunnels;
  }
}

async function follow(events: AsyncIterable<ControlEvent>, options: SettleOptions, bell: Bell): Promise<void> {
  const names = new Set(options.tunnels);
  try {
    for await (const event of events) {
      if (event.tunnel === undefined || !names.has(event.tunnel)) continue;
      options.onEvent(event);
      bell.ring();
    }
  } catch {
    // Without events the looks at the status go on, and say it where the daemon is gone.
    bell.ring();
  }
}

/** A wait that can be cut short; what rings while nobody waits cuts the next wait. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async wait(milliseconds: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#rung = false;
    this.#wake = undefined;
  }
}
