import type { Now } from '../base/time.ts';
import type { Effect } from '../ike/common/effect.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { CoreCommand, Input } from '../ike/common/input.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import type { Turns } from './turns.ts';

/** The part of the IKE core that the service stands on. */
export interface Core {
  handle(input: Input, now: Now): readonly Effect[];
  views(tunnel?: string): readonly IkeSaView[];
  children(tunnel?: string): readonly ChildSaView[];
  /** The tunnels that the peers of tunnels for many have; and one of them. */
  instances(): readonly TunnelPolicy[];
  instance(name: string): TunnelPolicy | undefined;
}

/** The handling of one input: the effects so far, and how far their events have been looked at. */
export class ServiceRun {
  readonly now: Now;
  readonly effects: Effect[] = [];
  readonly turns: Turns;
  readonly #core: Core;
  readonly #onEvent: (run: ServiceRun, event: GatewayEvent) => void;
  #seen = 0;

  constructor(options: {
    readonly core: Core;
    readonly now: Now;
    readonly turns: Turns;
    readonly onEvent: (run: ServiceRun, event: GatewayEvent) => void;
  }) {
    this.now = options.now;
    this.turns = options.turns;
    this.#core = options.core;
    this.#onEvent = options.onEvent;
  }

  pass(input: Input): void {
    this.effects.push(...this.#core.handle(input, this.now));
  }

  command(command: CoreCommand): void {
    this.pass({ kind: 'command', command });
  }

  ikeSasOf(tunnel: string): readonly IkeSaView[] {
    return this.#core.views(tunnel);
  }

  childrenOf(tunnel: string): readonly ChildSaView[] {
    return this.#core.children(tunnel);
  }

  /** Looks at every event once; what it leads to may bring further events. */
  follow(): void {
    for (let event = this.#nextEvent(); event !== undefined; event = this.#nextEvent()) this.#onEvent(this, event);
  }

  #nextEvent(): GatewayEvent | undefined {
    while (this.#seen < this.effects.length) {
      const effect = this.effects[this.#seen++];
      if (effect?.kind === 'emit') return effect.event;
    }
    return undefined;
  }
}
