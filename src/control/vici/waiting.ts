import type { ViciCall } from './command.ts';
import type { ViciSection } from './message.ts';
import { logEvent } from './news.ts';
import { textOf } from './section.ts';
import type { ViciNews } from './vici-api.ts';

/** What a command that waits is told about its waiting. */
export type Waiting = {
  /** Milliseconds; 0: as long as it takes; below 0: not at all. */
  readonly timeout: number;
  /** The most of the log that the client wants meanwhile. */
  readonly logLevel: number;
};

export function waitingOf(request: ViciSection): Waiting {
  return { timeout: numberOf(request, 'timeout', 0), logLevel: numberOf(request, 'loglevel', 1) };
}

/** Milliseconds: not all that ends an attempt is an event, such as a peer's name that nobody knows. */
const POLL_INTERVAL = 500;

/** A timer cannot take more; nobody waits for weeks. */
const MAX_TIMEOUT = 2 ** 31 - 1;

function numberOf(request: ViciSection, key: string, otherwise: number): number {
  const text = textOf(request, key) ?? '';
  return /^-?\d{1,15}$/.test(text) ? Math.min(Number(text), MAX_TIMEOUT) : otherwise;
}

/**
 * Does something and waits for the news that end it, while the client is told what the log says of these tunnels.
 * `undefined` where the time is up first. Rejects where the client goes.
 */
export function untilNews<Outcome extends object>(
  call: ViciCall,
  options: Waiting & {
    readonly tunnels: ReadonlySet<string>;
    readonly begin: () => void;
    /** What has come of it; looked at after the beginning, at all news and, without any, from time to time. */
    readonly outcome: (news?: ViciNews) => Outcome | undefined;
  },
): Promise<Outcome | undefined> {
  const { tunnels, timeout, logLevel } = options;
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let ended = false;
    const end = (act: () => void): void => {
      ended = true;
      clearTimeout(timer);
      clearInterval(poll);
      unsubscribe();
      call.signal.removeEventListener('abort', onGone);
      act();
    };
    const look = (news?: ViciNews): void => {
      const outcome = ended ? undefined : options.outcome(news);
      if (outcome !== undefined) end(() => resolve(outcome));
    };
    const poll = setInterval(() => look(), POLL_INTERVAL);
    const onGone = () => end(() => reject(new Error('the client has gone')));
    const unsubscribe = call.api.subscribe((news) => {
      if (news.kind === 'log' && news.level <= logLevel && news.tunnel !== undefined && tunnels.has(news.tunnel))
        call.tell('control-log', logEvent(news));
      look(news);
    }, tunnels);
    call.signal.addEventListener('abort', onGone);
    options.begin();
    look();
    // What it has begun may have come to its end within the call.
    if (ended) return;
    if (timeout < 0) return end(() => resolve(undefined));
    if (timeout > 0) timer = setTimeout(() => end(() => resolve(undefined)), timeout);
  });
}
