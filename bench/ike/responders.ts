import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { must, run } from '../../conformance/lab/shell.ts';
import { startStrongswan } from '../../conformance/lab/strongswan-gateway.ts';
import { processTime } from '../throughput/process-time.ts';
import { Remote } from './calls.ts';
import { charonResponder, cygnetResponder } from './configurations.ts';
import type { ResponderCall } from './cygnet-responder.ts';
import type { Suite } from './suites.ts';

export type Kind = 'charon' | 'cygnet';

/** One of the two that are compared, at work in its namespace. */
export type Responder = {
  readonly kind: Kind;
  readonly pid: number;
  /** Lists all SAs as its client does. */
  status(): Promise<string>;
  /** How long its event loop was kept, where it has one, milliseconds. */
  delays(): Promise<{ readonly max: number; readonly p99: number } | undefined>;
  /** Has it collect its garbage, where there is such a thing; tells the bytes that are left. */
  collect(): Promise<number | undefined>;
  kill(): Promise<void>;
};

export type ResponderOptions = {
  readonly namespace: string;
  readonly directory: string;
  readonly repository: string;
  readonly suite: Suite;
  /** The numbers of the peers that it knows. */
  readonly tunnels: readonly number[];
};

export function startResponder(kind: Kind, options: ResponderOptions): Promise<Responder> {
  mkdirSync(options.directory, { recursive: true });
  return kind === 'charon' ? startCharon(options) : startCygnet(options);
}

/** Seconds of processor time so far. */
export function timeOf({ pid }: Responder): number {
  return processTime(pid);
}

/** Kibibytes that are its own, of all that it has mapped. */
export function memoryOf({ pid }: Pick<Responder, 'pid'>): number {
  const pss = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  if (pss === null) throw new Error('there is no Pss');
  return Number(pss[1]);
}

async function startCharon({ namespace, directory, suite }: ResponderOptions): Promise<Responder> {
  const gateway = await startStrongswan(charonResponder(suite), { namespace, directory }, {});
  const swanctl = join(directory, 'swanctl');
  const environment = `STRONGSWAN_CONF=${join(directory, 'strongswan.conf')}`;
  const list = ['env', environment, swanctl, '--list-sas', '--uri', `unix://${join(directory, 'vici')}`];
  return {
    kind: 'charon',
    pid: gateway.pid,
    status: () => must(list, { timeout: 120_000 }),
    delays: async () => undefined,
    collect: async () => undefined,
    kill: () => gateway.kill(),
  };
}

async function startCygnet({ namespace, directory, repository, suite, tunnels }: ResponderOptions): Promise<Responder> {
  const configuration = join(directory, 'cygnet.yaml');
  const control = join(directory, 'control.sock');
  writeFileSync(configuration, JSON.stringify(cygnetResponder(suite, tunnels), null, 1), { mode: 0o600 });
  rmSync(control, { force: true });
  const remote = new Remote<ResponderCall>(namespace, './cygnet-responder.js', [configuration, control]);
  const program = [process.execPath, join(repository, 'bin/cygnet.js')];
  while (!existsSync(control)) await pause(20);
  return {
    kind: 'cygnet',
    pid: remote.pid,
    status: async () => (await run([...program, 'status', '--control', control], { timeout: 120_000 })).stdout,
    delays: () => remote.call({ kind: 'delays' }),
    collect: () => remote.call({ kind: 'collect' }),
    kill: () => remote.end(),
  };
}
