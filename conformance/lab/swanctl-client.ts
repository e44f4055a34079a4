import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './gateway.ts';
import { type Outcome, run } from './shell.ts';
import { renderSection } from './strongswan-config.ts';
import { unconfinedCopy } from './unconfined.ts';

/** Debian's swanctl, unmodified, for one daemon's socket. */
export class SwanctlClient {
  readonly #uri: string;
  readonly #program: readonly string[];

  constructor(place: Place, socket: string) {
    const settings = join(place.directory, 'swanctl-settings.conf');
    writeFileSync(settings, renderSection({ swanctl: { load: 'random openssl' } }));
    this.#program = ['env', `STRONGSWAN_CONF=${settings}`, unconfinedCopy('/usr/sbin/swanctl', place.directory)];
    this.#uri = `unix://${socket}`;
  }

  /** The whole command, for those who start it themselves. */
  command(args: readonly string[]): readonly string[] {
    return [...this.#program, ...args, '--uri', this.#uri];
  }

  ask(...args: readonly string[]): Promise<Outcome> {
    return run(this.command(args));
  }

  /** Asks for what has to succeed; returns what went wrong, or nothing. */
  async demand(...args: readonly string[]): Promise<string | undefined> {
    const outcome = await this.ask(...args);
    if (outcome.status === 0) return undefined;
    const lines = `${outcome.stdout}\n${outcome.stderr}`.trim().split('\n');
    return `swanctl ${args[0]}: ${lines.at(-1) ?? `exit status ${outcome.status}`}`;
  }
}
