import { performKeyExchange } from '../../src/crypto/key-exchange.ts';
import { systemEntropy } from '../../src/crypto/system-entropy.ts';
import { systemNow } from '../../src/daemon/clock.ts';
import { EffectRunner } from '../../src/daemon/effect-runner.ts';
import { IkeSockets } from '../../src/daemon/ike-sockets.ts';
import { NoDataPlane } from '../../src/daemon/no-data-plane.ts';
import { Timers } from '../../src/daemon/timers.ts';
import type { GatewayEvent } from '../../src/ike/common/event.ts';
import type { CoreCommand } from '../../src/ike/common/input.ts';
import type { Reason } from '../../src/ike/common/reason.ts';
import { IkeCore } from '../../src/ike/core.ts';
import { EVERYTHING } from '../../src/sim/tunnels.ts';
import { type PeersOptions, tunnelName, tunnelPolicies } from './policies.ts';

/** Many peers in one process: Cygnet's core with real sockets, no data plane, and key exchanges on the spot. */
export class Initiator {
  readonly #core: IkeCore;
  readonly #runner: EffectRunner;
  readonly #sockets: IkeSockets;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: PeersOptions) {
    const tunnels = tunnelPolicies(options);
    this.#core = new IkeCore({ entropy: systemEntropy, capabilities: EVERYTHING, tunnels });
    const timers = new Timers({
      now: () => systemNow().mono,
      fire: (key) => this.#runner.input({ kind: 'timer', key }),
    });
    this.#sockets = IkeSockets.open({ privileged: false });
    const dataPlane = new NoDataPlane();
    this.#runner = new EffectRunner({
      machine: this.#core,
      now: systemNow,
      onBug: (during, error) => {
        console.error(during, error);
        process.exit(1);
      },
      actuators: {
        send: (from, to, datagram) => {
          const failure = this.#sockets.send(from, to, datagram);
          // What a full queue drops is repeated in its time.
          if (failure !== undefined && failure !== 'EAGAIN' && failure !== 'ENOBUFS') throw new Error(failure);
        },
        setTimer: (key, at) => timers.set(key, at),
        clearTimer: (key) => timers.clear(key),
        perform: (request) => dataPlane.perform(request),
        run: (job, answer) => answer(performKeyExchange(job)),
        resolve: () => undefined,
        publish: (event) => this.#see(event),
      },
    });
    this.#sockets.listen((datagram) => this.#runner.input({ kind: 'datagram', ...datagram }));
  }

  get established(): number {
    return this.#core.views().filter(({ state }) => state === 'established').length;
  }

  /** Resolves with milliseconds. */
  connect(tunnel: number): Promise<number> {
    return this.#command(tunnel, 'child.installed', { kind: 'initiate', tunnel: tunnelName(tunnel) });
  }

  rekey(tunnel: number, what: 'ike' | 'child'): Promise<number> {
    return this.#command(tunnel, `${what}.rekeyed`, { kind: 'rekey', tunnel: tunnelName(tunnel), what });
  }

  /** IKEv1 waits for nobody; in IKEv2 the peer confirms. */
  terminate(tunnel: number): Promise<number> {
    return this.#command(tunnel, 'ike.closed', { kind: 'terminate', tunnel: tunnelName(tunnel), reason: DONE });
  }

  #command(tunnel: number, until: Waiting['until'], command: CoreCommand): Promise<number> {
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const done = () => resolve(performance.now() - start);
      this.#waiting.set(tunnelName(tunnel), { until, done, fail: (why) => reject(new Error(why)) });
      this.#runner.input({ kind: 'command', command });
    });
  }

  #see(event: GatewayEvent): void {
    if (!('tunnel' in event) || event.tunnel === undefined) return;
    const waiting = this.#waiting.get(event.tunnel);
    if (waiting === undefined) return;
    const failed = event.type === 'ike.failed' || event.type === 'child.failed';
    if (!failed && event.type !== waiting.until) return;
    this.#waiting.delete(event.tunnel);
    if (failed) waiting.fail(event.reason.text);
    else waiting.done();
  }
}

type Waiting = {
  readonly until: GatewayEvent['type'];
  readonly done: () => void;
  readonly fail: (why: string) => void;
};

const DONE: Reason = { code: 'terminated', text: 'the benchmark is done with it' };
