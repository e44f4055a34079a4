import type { Now } from '../base/time.ts';
import type { Configuration } from '../config/configuration.ts';
import { diffConfigurations, type TunnelChange } from '../config/diff.ts';
import { hooksOf } from '../config/hooks.ts';
import type { LoadedConnection } from '../config/loaded/loaded-connection.ts';
import { shuntPolicies } from '../config/shunts.ts';
import type { Effect } from '../ike/common/effect.ts';
import type { GatewayService } from '../tunnel/gateway-service.ts';
import type { Hooks } from './hooks/hooks.ts';
import type { LocalAddresses } from './local-addresses.ts';
import type { Observations } from './observations.ts';
import { passNamesOn } from './tunnel-named.ts';

/** What follows the configuration. */
export type Followers = {
  readonly service: GatewayService;
  readonly observations: Observations;
  readonly hooks: Hooks;
  readonly addresses: LocalAddresses;
  /** What the files say, with what is loaded over vici beside it. */
  readonly complete: (files: Configuration) => Configuration;
  /** All tunnels, with those that peers of tunnels for many have. */
  readonly liveNames: () => readonly string[];
  /** Runs a command of the service; its effects have been performed when this returns. */
  readonly command: (effects: (now: Now) => readonly Effect[]) => void;
};

/** The configuration in force, and how it becomes another one. */
export class ConfigurationInForce {
  readonly #followers: () => Followers;
  #files: Configuration;
  #whole: Configuration;

  /** The followers are asked for when there is something to follow. */
  constructor(files: Configuration, followers: () => Followers) {
    this.#files = files;
    this.#whole = files;
    this.#followers = followers;
  }

  /** What the files say; what is loaded over vici comes beside it. */
  get files(): Configuration {
    return this.#files;
  }

  get whole(): Configuration {
    return this.#whole;
  }

  /** Puts other files in force: only the tunnels that differ are touched, and none that was loaded over vici. */
  apply(files: Configuration): readonly TunnelChange[] {
    this.#files = files;
    return this.renew();
  }

  /** What is loaded is another one in whatever way. */
  renew(): readonly TunnelChange[] {
    const { service, observations, hooks, addresses, complete, liveNames, command } = this.#followers();
    const whole = complete(this.#files);
    const changes = diffConfigurations(this.#whole, whole);
    const updates = new Map(changes.map((change) => [change.tunnel, change]));
    this.#whole = whole;
    observations.rename(new Map(changes.flatMap(({ was, tunnel }) => (was === undefined ? [] : [[was, tunnel]]))));
    addresses.look();
    command((now) => service.setShunts(shuntPolicies(whole), now));
    command((now) => service.reconfigure(whole.tunnels, updates, now));
    const names = liveNames();
    observations.keepOnly(new Set(names));
    hooks.configure(hooksOf(whole), names);
    return changes;
  }

  /** A connection is loaded behind all others: nothing that is there is looked at, however much it is. */
  add(connection: LoadedConnection): readonly TunnelChange[] {
    const { service, hooks, addresses, command } = this.#followers();
    const { gateways, peers, tunnels } = connection;
    const isNew = tunnels.every(({ name }) => service.policy(name) === undefined);
    if (!isNew || !isSimple(connection)) return this.renew();
    const before = this.#whole;
    this.#whole = {
      ...before,
      gateways: [...before.gateways, ...gateways],
      peers: [...before.peers, ...peers],
      tunnels: [...before.tunnels, ...tunnels],
    };
    passNamesOn(before.tunnels, this.#whole.tunnels, { added: tunnels });
    addresses.look(gateways);
    command((now) => service.add(tunnels, now));
    for (const { name } of tunnels) hooks.see(name);
    return diffConfigurations({ tunnels: [] }, { tunnels });
  }

  /** A connection goes: nothing else is looked at. */
  remove(connection: LoadedConnection): readonly TunnelChange[] {
    const { service, observations, hooks, command } = this.#followers();
    if (!isSimple(connection)) return this.renew();
    const { gateways, peers, tunnels } = connection;
    const before = this.#whole;
    this.#whole = {
      ...before,
      gateways: without(before.gateways, gateways),
      peers: without(before.peers, peers),
      tunnels: without(before.tunnels, tunnels),
    };
    passNamesOn(before.tunnels, this.#whole.tunnels, { removed: tunnels });
    const names = tunnels.map(({ name }) => name);
    command((now) => service.remove(names, now));
    for (const name of names) observations.forget(name);
    for (const name of names) hooks.see(name);
    return diffConfigurations({ tunnels }, { tunnels: [] });
  }
}

/** It has tunnels of one peer each, and nothing that concerns others: no shunts, no program of its own that is told. */
function isSimple({ shunts, tunnels }: LoadedConnection): boolean {
  return (
    shunts.length === 0 && tunnels.every(({ policy, updown }) => policy.many === undefined && updown === undefined)
  );
}

function without<Item>(all: readonly Item[], some: readonly Item[]): readonly Item[] {
  const gone = new Set(some);
  return all.filter((one) => !gone.has(one));
}
