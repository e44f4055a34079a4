import type { Entropy } from '../base/entropy.ts';
import type { Datagram } from '../native/udp-socket.ts';
import type {
  DataPlaneCapabilities,
  DataPlaneEvent,
  DataPlaneFailure,
  DataPlaneReply,
  DataPlaneRequest,
  SaKey,
} from '../sa/data-plane.ts';
import { type Outcome, UNCHANGED } from '../sa/outcome.ts';
import { applySteps, type Stores } from '../sa/transaction.ts';
import type { Command, CommandFailure, Report } from './commands.ts';
import { Counters } from './counters.ts';
import { espCapabilities } from './esp-capabilities.ts';
import { TokenBucket } from './flow/token-bucket.ts';
import { Host, NAT_TRAVERSAL_PORT } from './host.ts';
import { refusal } from './refusal.ts';
import { UserspaceSad } from './userspace-sad.ts';
import { UserspaceSpd } from './userspace-spd.ts';

export type UserspaceOptions = {
  readonly entropy: Entropy;
  /** Told when a thread has ended by itself; its SAs are reported as expired, and it is started anew. */
  readonly onCrash: (error: Error) => void;
};

type Direction = 'in' | 'out';

/**
 * ESP and AH in this process: a TUN device and two threads that carry the packets, behind the same port as the kernel's
 * data plane. This is the control side, which sees no packet.
 */
export class UserspaceDataPlane {
  readonly #host: Host;
  readonly #counters = new Counters();
  readonly #sad: UserspaceSad;
  readonly #spd: UserspaceSpd;
  readonly #stores: Stores;
  readonly #onCrash: (error: Error) => void;
  #onEvent: (event: DataPlaneEvent) => void = () => undefined;
  #onDatagram: (datagram: Datagram) => void = () => undefined;
  /** Three at once, then one in a minute. */
  readonly #restarts = new TokenBucket(1 / 60, 3);
  #closed = false;
  #cleaned = false;

  /** Opens the TUN device; nothing is led into it yet. @throws NativeError where there is none to be had */
  static open(options: UserspaceOptions): UserspaceDataPlane {
    return new UserspaceDataPlane(Host.open(), options);
  }

  private constructor(host: Host, { entropy, onCrash }: UserspaceOptions) {
    this.#host = host;
    this.#onCrash = onCrash;
    this.#sad = new UserspaceSad({
      entropy,
      counters: this.#counters,
      call: (direction, command) => this.#call(direction, command),
      pathMtu: (addresses) => host.pathMtu(addresses.destination),
      onExpire: (event) => this.#onEvent(event),
    });
    this.#spd = new UserspaceSpd({
      post: (direction, command) => host.link(direction).post(command),
      divert: (policy) => host.divert(policy),
      release: (policy) => host.release(policy),
    });
    this.#stores = { sad: this.#sad, spd: this.#spd, routes: host.routes };
  }

  /** What our sockets' packets are marked with, so that they are not led into the TUN themselves. */
  get mark(): number {
    return this.#host.mark;
  }

  capabilities(): DataPlaneCapabilities {
    return espCapabilities();
  }

  /**
   * To be called once the IKE ports are ours: the ESP sockets share one of them. Starts the threads. The SAs of a killed
   * run went with it: none are removed.
   */
  begin(): 0 {
    this.#start();
    return 0;
  }

  /** Never throws for what cannot be done. */
  perform(request: DataPlaneRequest): DataPlaneReply {
    switch (request.kind) {
      case 'allocate-spi': {
        const result = this.#sad.allocate(request);
        return result.ok ? { kind: 'spi', spi: result.spi } : { kind: 'refused', failure: result.failure };
      }
      case 'query':
        return { kind: 'counters', counters: this.#sad.counters(request.sas) };
      case 'apply': {
        const settle = () => this.#sync();
        const failure = applySteps(this.#stores, request.steps, settle) ?? failureOf(this.#sync());
        return failure === undefined ? { kind: 'done' } : { kind: 'refused', failure };
      }
    }
  }

  onEvent(callback: (event: DataPlaneEvent) => void): void {
    this.#onEvent = callback;
  }

  /** Told of IKE that came to the sockets of ESP, with the marker in front that it has on their port. */
  onDatagram(callback: (datagram: Datagram) => void): void {
    this.#onDatagram = callback;
  }

  /** The packets that were dropped, by the kernel's names of the reasons. */
  errors(): ReadonlyMap<string, number> {
    return this.#counters.drops();
  }

  /** SAs are nobody else's to remove; what leads packets to us is, and is put back. */
  audit(): { readonly lostSas: readonly SaKey[]; readonly repairedPolicies: number } {
    // Not at the start: what a killed run left keeps clear text in until our own policies do.
    if (!this.#cleaned) this.#host.removeLeftovers();
    this.#cleaned = true;
    return { lostSas: [], repairedPolicies: this.#host.repair() };
  }

  /** Removes all that is ours: what leads packets to us first, and last the TUN. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sad.takeAll();
    this.#host.close();
  }

  #start(): void {
    this.#host.start({
      counters: this.#counters.buffer,
      onReport: (report) => this.#onReport(report),
      onCrash: (error) => this.#restart(error),
    });
  }

  /**
   * Whatever the threads had is lost, keys and sequence numbers too: the tunnels start over. @throws the error where it
   * has come too often, so that the daemon ends: what crashes a thread again and again must not keep it busy with that.
   */
  #restart(error: Error): void {
    if (this.#closed) return;
    this.#onCrash(error);
    if (!this.#restarts.take(performance.now())) throw error;
    const lost = this.#sad.takeAll();
    this.#start();
    this.#spd.resend();
    this.#sync();
    for (const sa of lost) this.#onEvent({ kind: 'expire', sa, hard: true });
  }

  #onReport(report: Report): void {
    if (this.#closed) return;
    if (report.kind === 'ike') return this.#onDatagram(datagramOf(report));
    const event = report.kind === 'acquire' ? report : this.#sad.eventOf(report);
    if (event !== undefined) this.#onEvent(event);
  }

  #call(direction: Direction, command: Command): CommandFailure | undefined {
    return this.#host.link(direction).call(command);
  }

  #sync(): Outcome {
    const failure = this.#host.link('in').sync() ?? this.#host.link('out').sync();
    return failure === undefined ? UNCHANGED : refusal('change policies', failure);
  }
}

function failureOf(outcome: Outcome): DataPlaneFailure | undefined {
  return outcome.ok ? undefined : outcome.failure;
}

function datagramOf({ from, to, bytes }: Extract<Report, { readonly kind: 'ike' }>): Datagram {
  return { local: { address: to, port: NAT_TRAVERSAL_PORT }, remote: from, bytes };
}
