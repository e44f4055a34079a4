import type { AddressFamily, Endpoint } from '../base/net.ts';
import { formatEndpoint } from '../base/net.ts';
import type { Instant, Now } from '../base/time.ts';
import { SECOND } from '../base/time.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { Log } from '../observe/log.ts';
import { RateLimiter } from '../observe/rate-limiter.ts';
import type { DataPlaneReply, DataPlaneRequest } from '../sa/data-plane.ts';
import type { Actuators, Lookup } from './effect-runner.ts';
import type { JobPool } from './job-pool.ts';
import type { Resolver } from './resolver.ts';
import type { Timers } from './timers.ts';

export type ActuatorParts = {
  readonly sockets: { send(from: Endpoint, to: Endpoint, datagram: Uint8Array): string | undefined };
  readonly timers: Pick<Timers, 'set' | 'clear'>;
  readonly dataPlane: { perform(request: DataPlaneRequest): DataPlaneReply };
  readonly jobs: Pick<JobPool, 'run'>;
  readonly resolver: Pick<Resolver, 'resolve'>;
  /** The family in which a tunnel's peer is looked up: that of its own address. */
  readonly familyOf: (tunnel: string) => AddressFamily;
  readonly publish: (event: GatewayEvent, now: Now) => void;
  readonly log: Pick<Log, 'write'>;
  readonly now: () => Instant;
};

/** The daemon's hands: what each effect means on this machine, with failures told to the log. */
export function daemonActuators(parts: ActuatorParts): Actuators {
  const unsent = new RateLimiter({ burst: 5, interval: 10 * SECOND, maxKeys: 256 });
  return {
    send: (from, to, datagram) => {
      const code = parts.sockets.send(from, to, datagram);
      if (code === undefined) return;
      const heldBack = unsent.admit(`${code} ${from.address}`, parts.now());
      if (heldBack === undefined) return;
      const text = `cannot send from ${formatEndpoint(from)} to ${formatEndpoint(to)}: ${code}${hintOf(code)}`;
      parts.log.write('warn', text, { event: 'datagram.unsent', code, heldBack });
    },
    setTimer: (key, at) => parts.timers.set(key, at),
    clearTimer: (key) => parts.timers.clear(key),
    perform: (request) => performSafely(parts, request),
    run: (job, answer, established) => parts.jobs.run(job, answer, established),
    resolve: ({ tunnel, name }: Lookup, answer) => {
      void parts.resolver.resolve(name, parts.familyOf(tunnel)).then(answer);
    },
    publish: (event, now) => parts.publish(event, now),
  };
}

/** A request must have its reply even where a bug of ours keeps it from the kernel. */
export function performSafely(
  { dataPlane, log }: Pick<ActuatorParts, 'dataPlane' | 'log'>,
  request: DataPlaneRequest,
): DataPlaneReply {
  try {
    return dataPlane.perform(request);
  } catch (error) {
    log.write('error', `the data plane failed on ${request.kind}`, { event: 'bug', error });
    return { kind: 'refused', failure: { operation: request.kind, code: 'EFAULT' } };
  }
}

function hintOf(code: string): string {
  return HINTS[code] ?? '';
}

const NOT_OURS = '; is that an address of this machine, and is there a route?';
const HINTS: Readonly<Record<string, string>> = {
  EINVAL: NOT_OURS,
  EADDRNOTAVAIL: NOT_OURS,
  ENETUNREACH: NOT_OURS,
  EPERM: '; a firewall of this machine refuses it',
};
