/**
 * What IKE costs: two cores in one process, whose data planes and key exchanges answer at once. Microseconds, the median of
 * many turns: processor time of both ends, how long each end took, and how long the key exchanges of both did, which the
 * daemon leaves to its workers. `npm run bench:core [-- PATTERN]`.
 */
import { SeededEntropy } from '../src/base/entropy.ts';
import type { Endpoint } from '../src/base/net.ts';
import { performKeyExchange } from '../src/crypto/key-exchange.ts';
import type { Effect } from '../src/ike/common/effect.ts';
import type { CoreCommand, Input } from '../src/ike/common/input.ts';
import type { TunnelPolicy } from '../src/ike/common/policy.ts';
import { IkeCore } from '../src/ike/core.ts';
import type { DataPlaneReply, DataPlaneRequest } from '../src/sa/data-plane.ts';
import { type Proposal, parseProposal, type SecurityProtocol } from '../src/sa/proposal.ts';
import { EVERYTHING, LEFT, RIGHT, type Side, tunnelPolicy } from '../src/sim/tunnels.ts';

type Suite = { readonly version: 1 | 2; readonly ike: string; readonly esp: string; readonly pfs?: string };

/** `pfs` is the key exchange of rekeyings; in IKEv1, of every Quick Mode. */
const SUITES: readonly Suite[] = [
  { version: 2, ike: 'aes128gcm16-prfsha256-curve25519', esp: 'aes128gcm16', pfs: 'curve25519' },
  { version: 2, ike: 'aes128-sha256-ecp256', esp: 'aes128-sha256', pfs: 'ecp256' },
  { version: 2, ike: 'aes128-sha1-modp1024', esp: 'aes128-sha1', pfs: 'modp1024' },
  { version: 2, ike: 'aes128-sha256-modp2048', esp: 'aes128-sha256', pfs: 'modp2048' },
  { version: 2, ike: 'aes128-sha256-modp2048s256', esp: 'aes128-sha256', pfs: 'modp2048s256' },
  { version: 1, ike: 'aes128-sha1-modp1024', esp: 'aes128-sha1', pfs: 'modp1024' },
];

const WARM_UP = 150;
const TURNS = 401;

function main(): void {
  const pattern = new RegExp(process.argv[2] ?? '');
  for (const suite of SUITES) {
    const name = `IKEv${suite.version} ${suite.ike}`;
    if (!pattern.test(name)) continue;
    console.log(name);
    report('handshake', suite, handshake);
    if (suite.version === 1) continue;
    report('Child SA rekeying', { ...suite, pfs: '' }, rekeying('child'));
    report('Child SA rekeying, PFS', suite, rekeying('child'));
    report('IKE SA rekeying', suite, rekeying('ike'));
  }
}

/** Of one turn: processor time of all of it, and how long its parts took. */
type Cost = { total: number; jobs: number; initiator: number; responder: number };

type Turn = (ends: Ends) => Cost;

function report(what: string, suite: Suite, turn: Turn): void {
  const ends = new Ends(suite);
  handshakeOf(ends);
  for (let count = 0; count < WARM_UP; count++) turn(ends);
  const costs = Array.from({ length: TURNS }, () => turn(ends));
  const median = (part: keyof Cost) => {
    const sorted = costs.map((cost) => cost[part]).sort((a, b) => a - b);
    return (sorted[TURNS >> 1] ?? 0).toFixed(0).padStart(6);
  };
  const parts = `initiator ${median('initiator')}  responder ${median('responder')}  key exchanges ${median('jobs')}`;
  console.log(`  ${what.padEnd(24)} both ${median('total')}  ${parts}`);
}

const handshake: Turn = (ends) => {
  ends.left.command({ kind: 'terminate', tunnel: 'net', reason: { code: 'terminated', text: 'again' } });
  ends.converse();
  return handshakeOf(ends);
};

function handshakeOf(ends: Ends): Cost {
  const cost = ends.measure({ kind: 'initiate', tunnel: 'net' });
  if (ends.left.core.children()[0]?.state !== 'installed') throw new Error('the tunnel did not come up');
  return cost;
}

function rekeying(what: 'child' | 'ike'): Turn {
  const mark = (ends: Ends) =>
    what === 'ike' ? ends.left.core.views()[0]?.initiatorSpi : ends.left.core.children().at(-1)?.inbound.spi;
  return (ends) => {
    const before = mark(ends);
    const cost = ends.measure({ kind: 'rekey', tunnel: 'net', what });
    if (mark(ends) === before) throw new Error('nothing was rekeyed');
    return cost;
  };
}

class Ends {
  readonly left: End;
  readonly right: End;

  constructor(suite: Suite) {
    this.left = new End(LEFT, RIGHT, suite, 1);
    this.right = new End(RIGHT, LEFT, suite, 2);
  }

  /** What the left end begins, until neither has anything left to do. */
  measure(command: CoreCommand): Cost {
    for (const end of [this.left, this.right]) end.spent = end.jobs = 0;
    const start = process.cpuUsage();
    this.left.command(command);
    this.converse();
    const { user, system } = process.cpuUsage(start);
    const { left, right } = this;
    return { total: user + system, jobs: left.jobs + right.jobs, initiator: left.spent, responder: right.spent };
  }

  converse(): void {
    const { left, right } = this;
    for (;;) {
      while (left.outbox.length + right.outbox.length > 0) {
        for (const sent of left.outbox.splice(0)) right.receive(sent);
        for (const sent of right.outbox.splice(0)) left.receive(sent);
      }
      if (!left.endDrain() && !right.endDrain()) return;
    }
  }
}

type Sent = Extract<Effect, { readonly kind: 'send' }>;

/** One core and the little that it needs around it. */
class End {
  readonly core: IkeCore;
  outbox: Sent[] = [];
  /** Microseconds of handling, key exchanges included, and of those alone. */
  spent = 0;
  jobs = 0;
  readonly #timers = new Map<string, number>();
  #mono = 5_000_000;
  #nextSpi = 0xc000_0000;

  constructor(own: Side, peer: Side, suite: Suite, seed: number) {
    const entropy = new SeededEntropy(seed);
    this.core = new IkeCore({ entropy, capabilities: EVERYTHING, tunnels: [policyOf(own, peer, suite)] });
  }

  command(command: CoreCommand): void {
    this.#input({ kind: 'command', command });
  }

  receive({ from, to, datagram }: { from: Endpoint; to: Endpoint; datagram: Uint8Array }): void {
    this.#input({ kind: 'datagram', local: to, remote: from, bytes: datagram });
  }

  /** Whether there was one: what was replaced goes for good, and whatever waits for that goes on. */
  endDrain(): boolean {
    for (const [key, at] of this.#timers) {
      if (!/:(drain|switch)-|:superfluous$/.test(key)) continue;
      this.#mono = Math.max(this.#mono, at);
      this.#timers.delete(key);
      this.#input({ kind: 'timer', key });
      return true;
    }
    return false;
  }

  #input(input: Input): void {
    const start = performance.now();
    const effects = this.core.handle(input, { mono: this.#mono, wall: 1_800_000_000_000 + this.#mono });
    this.spent += (performance.now() - start) * 1_000;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    if (effect.kind === 'send') this.outbox.push(effect);
    else if (effect.kind === 'timer.set') this.#timers.set(effect.key, effect.at);
    else if (effect.kind === 'timer.clear') this.#timers.delete(effect.key);
    else if (effect.kind === 'dataplane')
      this.#input({ kind: 'dataplane.reply', request: effect.request, reply: this.#reply(effect.operation) });
    else if (effect.kind === 'job') {
      const start = performance.now();
      const result = performKeyExchange(effect.job);
      const took = (performance.now() - start) * 1_000;
      this.spent += took;
      this.jobs += took;
      this.#input({ kind: 'job.reply', request: effect.request, result });
    }
  }

  #reply(operation: DataPlaneRequest): DataPlaneReply {
    if (operation.kind === 'allocate-spi') return { kind: 'spi', spi: this.#nextSpi++ };
    if (operation.kind === 'apply') return { kind: 'done' };
    return { kind: 'counters', counters: operation.sas.map((sa) => ({ sa, bytes: 0, packets: 0 })) };
  }
}

function policyOf(own: Side, peer: Side, { version, ike, esp, pfs = '' }: Suite): TunnelPolicy {
  return tunnelPolicy(own, peer, {
    version,
    ikeProposals: [proposal(ike, 'ike')],
    childProposals: [proposal(pfs === '' ? esp : `${esp}-${pfs}`, 'esp')],
  });
}

function proposal(text: string, protocol: SecurityProtocol): Proposal {
  const parsed = parseProposal(text, protocol);
  if ('error' in parsed) throw new RangeError(`${text} ${parsed.error}`);
  return parsed;
}

main();
