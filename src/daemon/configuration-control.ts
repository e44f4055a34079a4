import type { Configuration } from '../config/configuration.ts';
import { diffConfigurations, type TunnelChange } from '../config/diff.ts';
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
  /** Puts it in force. */
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
    return this.#put({ kind: 'change', change }, dryRun);
  }

  async replace(text: string | undefined, dryRun: boolean): Promise<PlanReport> {
    return this.#put(text === undefined ? { kind: 'reload' } : { kind: 'replace', text }, dryRun);
  }

  /** Nothing else of the daemon happens meanwhile. */
  #put(request: ConfigurationRequest, dryRun: boolean): PlanReport {
    const { store, inForce, apply, tell } = this.#subject;
    if (store === undefined) throw new ControlError('conflict', 'this daemon has no configuration file');
    const proposal = store.propose(request);
    if (dryRun) return planReport(diffConfigurations(inForce(), proposal.configuration), proposal);
    store.commit(proposal);
    const changes = apply(proposal.configuration);
    tell(`another configuration is in force: ${changesText(changes)}`);
    return planReport(changes, proposal);
  }
}
