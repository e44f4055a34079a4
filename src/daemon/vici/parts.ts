import type { Now } from '../../base/time.ts';
import type { Effect } from '../../ike/common/effect.ts';
import type { GatewayService } from '../../tunnel/gateway-service.ts';
import { systemNow } from '../clock.ts';
import type { JobPool } from '../job-pool.ts';
import type { Timers } from '../timers.ts';
import { DaemonViciApi, type ViciSubject } from './vici-api.ts';

/** The parts of the daemon that vici's view of it is made of. */
export type ViciParts = Pick<
  ViciSubject,
  'version' | 'live' | 'history' | 'configuration' | 'countersOf' | 'reload' | 'loading' | 'cannotStart'
> & {
  readonly service: GatewayService;
  /** Runs a command of the service; its effects have been performed when this returns. */
  readonly command: (name: string, effects: (now: Now) => readonly Effect[]) => void;
  readonly jobs: Pick<JobPool, 'threads'>;
  readonly timers: Pick<Timers, 'size'>;
};

/** vici's port, on these parts. */
export function viciApi({ service, command, jobs, timers, ...rest }: ViciParts): DaemonViciApi {
  const run = (effects: (now: Now) => readonly Effect[]) => command('vici', effects);
  return new DaemonViciApi({
    ...rest,
    now: () => systemNow().wall,
    summary: (name) => service.summary(name),
    waitsForTraffic: (name) => service.waitsForTraffic(name),
    load: () => ({ workers: jobs.threads(), timers: timers.size }),
    up: (name) => run((now) => service.up(name, now, { once: true })),
    actOnOne: (one) => run((now) => service.actOnOne(one, now)),
    setTrap: (name, set) => run((now) => service.trap(name, set, now)),
  });
}
