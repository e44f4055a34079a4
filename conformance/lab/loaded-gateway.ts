import { join } from 'node:path';
import { CygnetGateway } from './cygnet-gateway.ts';
import type { Place } from './gateway.ts';
import type { LoadedSetup, Section } from './scenario.ts';
import { SwanctlGateway } from './swanctl-gateway.ts';

/** Starts a Cygnet that has no tunnel of its own, and has swanctl load its connections. */
export async function startLoaded(setup: LoadedSetup, place: Place, repository: string): Promise<LoadedGateway> {
  const gateway = new LoadedGateway(setup, place, repository);
  await gateway.cygnet.ready();
  await gateway.load();
  return gateway;
}

export class LoadedGateway extends SwanctlGateway {
  /** The same daemon as its own commands see it. */
  readonly cygnet: CygnetGateway;

  constructor(setup: LoadedSetup, place: Place, repository: string) {
    const socket = join(place.directory, 'vici');
    const cygnet = new CygnetGateway({ configuration: NO_TUNNELS, tunnel: tunnelOf(setup.swanctl) }, place, {
      repository,
      vici: socket,
    });
    super({
      daemon: {
        socket,
        get pid() {
          return cygnet.pid;
        },
        ready: () => cygnet.ready(),
        stop: () => cygnet.stop(),
        kill: () => cygnet.kill(),
        log: () => cygnet.log(),
      },
      data: setup,
      place,
    });
    this.cygnet = cygnet;
  }
}

const NO_TUNNELS = { version: 1 };

/** The first child of the first connection, by the name that it has in the rest of Cygnet. */
function tunnelOf({ connections = {} }: Section): string {
  const [[connection, section] = ['', {}]] = Object.entries(connections as { readonly [name: string]: Section });
  const [child = ''] = Object.keys((section.children ?? {}) as Section);
  return connection === child ? connection : `${connection}/${child}`;
}
