import type { Hook } from '../../config/configuration.ts';
import type { GatewayEvent } from '../../ike/common/event.ts';
import { isMessageEvent } from '../../observe/exchange-record.ts';
import type { Log } from '../../observe/log.ts';
import { type Change, REMOVED, type Standing } from '../../tunnel/reachability.ts';
import type { TunnelNames } from './message.ts';
import { Teller } from './teller.ts';
import { Turns } from './turns.ts';

/** A tunnel as hooks are told of it; undefined where there is none of the name any more. */
export type Look = (tunnel: string) => { readonly names: TunnelNames; readonly standing: Standing } | undefined;

export type HooksOptions = {
  readonly hooks: readonly Hook[];
  readonly look: Look;
  readonly log: Pick<Log, 'write'>;
  readonly wall: () => number;
  /** Goes before the number of each message: of one run of the daemon. */
  readonly run: string;
};

/** Tells the hooks of the configuration what becomes of the tunnels. Nothing of it waits for them. */
export class Hooks {
  readonly #options: HooksOptions;
  #hooks: readonly Hook[];
  /** By hook and tunnel. */
  readonly #tellers = new Map<string, { readonly tunnel: string; readonly teller: Teller }>();
  readonly #ending = new Set<Teller>();
  readonly #changed = new Set<string>();
  readonly #turns = new Turns(MOST_AT_ONCE);
  #looking: NodeJS.Immediate | undefined;
  #messages = 0;
  #stopped = false;

  constructor(options: HooksOptions) {
    this.#options = options;
    this.#hooks = options.hooks;
  }

  onEvent(event: GatewayEvent): void {
    if ('tunnel' in event && event.tunnel !== undefined && !isMessageEvent(event)) this.see(event.tunnel);
  }

  /** Something may have become of the tunnel. What happens at once is looked at once. */
  see(tunnel: string): void {
    if (this.#hooks.length === 0 || this.#stopped) return;
    this.#changed.add(tunnel);
    this.#looking ??= setImmediate(() => this.#look());
  }

  /** Other hooks from now on; those that are the same remember what they were told. */
  configure(hooks: readonly Hook[], tunnels: readonly string[]): void {
    this.#hooks = hooks;
    const kept = new Set(hooks.map(hookKey));
    for (const [key, { teller }] of this.#tellers) {
      if (kept.has(hookKey(teller.hook))) continue;
      this.#end(key, teller);
    }
    for (const tunnel of [...tunnels, ...[...this.#tellers.values()].map((entry) => entry.tunnel)]) this.see(tunnel);
  }

  /** Tells that everything is withdrawn. Whoever has not taken it within the time, or when `hurry` resolves, is left. */
  async stop(hurry: Promise<unknown>, patience: number): Promise<void> {
    this.#stopped = true;
    clearImmediate(this.#looking);
    const tellers = [...[...this.#tellers.values()].map(({ teller }) => teller), ...this.#ending];
    for (const teller of tellers) teller.stands(REMOVED);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([Promise.all(tellers.map((teller) => teller.idle())), late, hurry]);
    clearTimeout(timer);
    for (const teller of tellers) teller.stop();
    await Promise.all(tellers.map((teller) => teller.idle()));
  }

  #look(): void {
    this.#looking = undefined;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const tunnel of changed) this.#lookAt(tunnel);
  }

  #lookAt(tunnel: string): void {
    const found = this.#options.look(tunnel);
    for (const hook of this.#hooks) {
      if ((hook.tunnel ?? tunnel) !== tunnel) continue;
      const key = `${hookKey(hook)} ${tunnel}`;
      const teller =
        this.#tellers.get(key)?.teller ?? (found === undefined ? undefined : this.#teller(hook, found.names));
      if (teller === undefined) continue;
      // Its secret may be another one.
      teller.hook = hook;
      this.#tellers.set(key, { tunnel, teller });
      teller.stands(found?.standing ?? REMOVED);
      if (found === undefined) this.#forget(key, teller);
    }
  }

  /** It is configured no more. One of a single tunnel, which goes with that, is still told that all is withdrawn. */
  #end(key: string, teller: Teller): void {
    this.#tellers.delete(key);
    if (teller.hook.tunnel === undefined) return teller.stop();
    teller.stands(REMOVED);
    this.#ending.add(teller);
    void teller.idle().then(() => this.#ending.delete(teller));
  }

  /** When it has told that all is gone, unless the tunnel is there again. */
  #forget(key: string, teller: Teller): void {
    void teller.idle().then(() => {
      const { tunnel = '' } = this.#tellers.get(key) ?? {};
      if (this.#options.look(tunnel) === undefined) this.#tellers.delete(key);
    });
  }

  #teller(hook: Hook, names: TunnelNames): Teller {
    return new Teller(hook, names, {
      inTurn: (work) => this.#turns.take(work),
      onFailure: (...what) => this.#onFailure(hook, ...what),
      nextId: () => `${this.#options.run}-${++this.#messages}`,
      wall: this.#options.wall,
    });
  }

  #onFailure(hook: Hook, { tunnel }: TunnelNames, change: Change, outcome: string, next: 'again' | 'given-up'): void {
    const { target } = hook;
    const who = target.kind === 'program' ? target.argv[0] : new URL(target.url).origin;
    const ending = target.kind === 'program' ? '' : next === 'again' ? '; it is tried again' : '; it is given up';
    this.#options.log.write(
      'warn',
      `the hook ${who} was not told "${change.event}" of ${tunnel}: ${outcome}${ending}`,
      {
        event: 'hook.failed',
        tunnel,
      },
    );
  }
}

/** Programs that run and messages on their way, of all hooks together. */
const MOST_AT_ONCE = 8;

/** With a secret of another value it is the same hook still: secrets turn into a constant word. */
function hookKey(hook: Hook): string {
  return JSON.stringify(hook);
}
