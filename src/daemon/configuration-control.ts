import type { Configuration } from '../config/configuration.ts';
import { diffConfigurations, type TunnelChange } from '../config/diff.ts';
import { diffShunts } from '../config/diff-shunts.ts';
import { ControlError } from '../control/control-error.ts';
import type { ConfigurationApi, ObjectChange } from '../control/gateway-api.ts';
import type { PlanReport } from '../control/plan-shapes.ts';
import type { ConfigurationRequest, ConfigurationStore } from './configuration-store.ts';
import { changesText, planReport } from './plan-report.ts';

/** What a change of the configuration needs of the daemon. */
export type ConfigurationSubject = {
  /** Undefined: this daemon has its configuration from nowhere. */
  readonly store: ConfigurationStore | undefined;
  inForce(): Configuration;
  /** What would be in force with these files: what was loaded over vici stays beside them. */
  complete(files: Configuration): Configuration;
  /** Why these files cannot be in force beside that; undefined where they can. */
  conflictWith(files: Configuration): string | undefined;
  /** Puts files in force. */
  apply(configuration: Configuration): readonly TunnelChange[];
  /** Tells the log and whoever follows the events. */
  tell(text: string): void;
};

/** The part of the control API that changes the configuration. All or nothing: written and in force, or neither. */
export class ConfigurationControl implements ConfigurationApi {
  readonly #subject: ConfigurationSubject;

  constructor(subject: ConfigurationSubject) {
    this.#subject = subject;
  }

  async change(change: ObjectChange, dryRun: boolean): Promise<PlanReport> {
    this.#requireOfFiles('names' in change ? change.names : [change.name]);
    return this.#put({ kind: 'change', change }, dryRun);
  }

  async replace(text: string | undefined, dryRun: boolean): Promise<PlanReport> {
    return this.#put(text === undefined ? { kind: 'reload' } : { kind: 'replace', text }, dryRun);
  }

  /** Nothing else of the daemon happens meanwhile. */
  #put(request: ConfigurationRequest, dryRun: boolean): PlanReport {
    const { store, inForce, complete, apply, tell } = this.#subject;
    if (store === undefined) throw new ControlError('conflict', 'this daemon has no configuration file');
    const proposal = store.propose(request);
    const conflict = this.#subject.conflictWith(proposal.configuration);
    if (conflict !== undefined) throw new ControlError('conflict', conflict);
    const whole = complete(proposal.configuration);
    const shunts = diffShunts(inForce(), whole);
    if (dryRun) return planReport(diffConfigurations(inForce(), whole), shunts, proposal);
    store.commit(proposal);
    const changes = apply(proposal.configuration);
    tell(`another configuration is in force: ${changesText(changes, shunts)}`);
    return planReport(changes, shunts, proposal);
  }

  /** What no file has cannot be changed in one. */
  #requireOfFiles(names: readonly string[]): void {
    for (const { name, policy, loaded } of this.#subject.inForce().tunnels) {
      const found = names.find((one) => one === name || one === policy.gateway || one === policy.peer);
      if (loaded === undefined || found === undefined) continue;
      throw new ControlError(
        'conflict',
        `${found} was loaded over vici (connection ${loaded.connection}); it is changed there, as with swanctl --load-conns`,
      );
    }
  }
}
