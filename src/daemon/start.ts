import { readFileSync } from 'node:fs';
import { Secret } from '../base/secret.ts';
import type { Configuration } from '../config/configuration.ts';
import { formatProblem, type Problem } from '../config/problem.ts';
import { EXIT, type ExitStatus } from '../control/exit.ts';
import type { VersionReport } from '../control/protocol.ts';
import type { EventLevel } from '../control/words.ts';
import type { KeyExchangeTests } from '../crypto/self-test.ts';
import { systemEntropy } from '../crypto/system-entropy.ts';
import { AddressWatch } from '../netlink/address-watch.ts';
import { Log } from '../observe/log.ts';
import { probeCapabilities, testWhenIdle } from './capabilities.ts';
import { ConfigurationStore, InvalidConfiguration } from './configuration-store.ts';
import { openControlSockets } from './control-sockets.ts';
import { readCrashSecret } from './crash-secret.ts';
import { Daemon } from './daemon.ts';
import { type ChosenDataPlane, chooseDataPlane, dataPlaneOpeners } from './data-plane-choice.ts';
import { listenToSignals } from './signals.ts';
import { startFailureText } from './start-failure.ts';

export type StartOptions = {
  readonly configPath: string;
  readonly controlPath: string;
  /** Names or numbers of groups: who may do everything, and for whom there is a socket for reading only. */
  readonly controlGroup: string | undefined;
  readonly readGroup: string | undefined;
  /** The socket of vici; undefined: as the configuration says. */
  readonly viciPath: string | undefined;
  /** Where the daemon keeps what survives it; undefined: nowhere. */
  readonly stateDirectory: string | undefined;
  /** The least that is logged. */
  readonly logLevel: EventLevel;
};

/**
 * Runs the gateway until a signal ends it, and resolves with the exit status. The log goes to stdout.
 * @throws Error in plain words where it cannot start; nothing is left behind then
 */
export async function startDaemon(options: StartOptions): Promise<ExitStatus> {
  const log = new Log({ level: options.logLevel });
  try {
    const store = new ConfigurationStore(options.configPath);
    const configuration = readConfiguration(store, log);
    if (configuration === undefined) return EXIT.configurationInvalid;
    return await run({ configuration, store }, options, log);
  } catch (error) {
    const text = startFailureText(error);
    log.write('error', `the daemon ends: ${text}`, { event: 'daemon.failed', error });
    throw new Error(text, { cause: error });
  } finally {
    await log.close();
  }
}

/** Undefined where it is invalid; all that is wrong or doubtful is in the log. */
function readConfiguration(store: ConfigurationStore, log: Log): Configuration | undefined {
  try {
    const proposal = store.propose({ kind: 'reload' });
    store.commit(proposal);
    logProblems(log, proposal.warnings);
    return proposal.configuration;
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    logProblems(log, error.details.problems ?? []);
    return undefined;
  }
}

function logProblems(log: Log, problems: readonly Problem[]): void {
  for (const problem of problems) {
    const { file, line, column, severity } = problem;
    const level = severity === 'error' ? 'error' : 'warn';
    log.write(level, formatProblem(problem), { event: 'configuration.problem', file, line, column });
  }
}

type Configured = { readonly configuration: Configuration; readonly store: ConfigurationStore };

async function run(configured: Configured, options: StartOptions, log: Log): Promise<ExitStatus> {
  const { daemon, keyExchanges } = await openDaemon(configured, options, log);
  const hurry = new Latch();
  try {
    const viciPath = options.viciPath ?? configured.configuration.vici?.socket;
    const close = await openControlSockets(daemon, { ...options, viciPath }, (error) =>
      log.write('error', 'a control request failed', { event: 'bug', error }),
    );
    const endTests = testWhenIdle(keyExchanges, (text) => tellShortcoming(log, text));
    try {
      return await untilStopped(daemon, hurry, log);
    } finally {
      endTests();
      await close();
    }
  } finally {
    await daemon.stop(hurry.set);
  }
}

type Opened = { readonly daemon: Daemon; readonly keyExchanges: KeyExchangeTests };

async function openDaemon(configured: Configured, options: StartOptions, log: Log): Promise<Opened> {
  const onCrash = (error: Error) =>
    log.write('error', 'a thread that carries packets has ended; its tunnels start over', { event: 'bug', error });
  const chosen = chooseDataPlane(configured.configuration.dataplane, dataPlaneOpeners(systemEntropy, onCrash));
  const { dataPlane } = chosen;
  let opened: Opened | undefined;
  try {
    log.write('info', `${CARRIER[chosen.name]}: ${chosen.why}`, { event: 'dataplane.chosen', dataPlane: chosen.name });
    opened = daemonAround(chosen, configured, options, log);
    // Only now: whoever has the IKE ports is the one run of ours, and the SAs of any other are dead.
    const leftovers = dataPlane.begin();
    if (leftovers > 0)
      log.write('info', `removed ${leftovers} SAs of a run that was killed`, { event: 'kernel.cleaned' });
    return opened;
  } catch (error) {
    if (opened === undefined) dataPlane.close();
    else await opened.daemon.close();
    throw error;
  }
}

function daemonAround(chosen: ChosenDataPlane, configured: Configured, options: StartOptions, log: Log): Opened {
  const { capabilities, keyExchanges, shortcomings } = probeCapabilities(chosen.capabilities);
  for (const text of shortcomings) tellShortcoming(log, text);
  const { dataPlane, espInUdp, name } = chosen;
  const secret = crashSecret(options.stateDirectory, log);
  const edge = { dataPlane, espInUdp, addresses: AddressWatch.open(), entropy: systemEntropy };
  const daemon = new Daemon({ ...configured, ...edge, ...secret, capabilities, log, version: versionReport(name) });
  return { daemon, keyExchanges };
}

function tellShortcoming(log: Log, text: string): void {
  log.write('warn', text, { event: 'capability.missing' });
}

function crashSecret(directory: string | undefined, log: Log): { readonly crashSecret?: Secret } {
  if (directory === undefined) return {};
  const secret = readCrashSecret(directory, systemEntropy);
  if (secret instanceof Secret) return { crashSecret: secret };
  log.write('warn', secret.warning, { event: 'state.missing' });
  return {};
}

/** Runs until the first signal to stop has been obeyed; a second one hurries. */
async function untilStopped(daemon: Daemon, hurry: Latch, log: Log): Promise<ExitStatus> {
  let exit: ExitStatus = EXIT.ok;
  const end = new Latch();
  const stop = (why: string): void => {
    log.write('info', `stopping: ${why}`, { event: 'daemon.stopping' });
    if (end.isOpen) hurry.open();
    end.open();
  };
  const silence = listenToSignals({
    stop: (signal) => stop(signal),
    reload: () => void reload(daemon, log),
    crash: (error) => {
      log.write('error', 'an exception that nothing caught', { event: 'bug', error });
      exit = EXIT.failed;
      stop('after a bug');
    },
  });
  try {
    log.write('info', 'the gateway is running', { event: 'daemon.started', ...daemon.api.version(), pid: process.pid });
    daemon.start();
    await end.set;
    await daemon.stop(hurry.set);
    log.write('info', 'stopped', { event: 'daemon.stopped' });
    return exit;
  } finally {
    silence();
  }
}

/** The whole file is read and checked first; where it is invalid, what is in force stays. Never rejects. */
async function reload(daemon: Daemon, log: Log): Promise<void> {
  try {
    logProblems(log, (await daemon.api.replace(undefined, false)).warnings);
  } catch (error) {
    if (error instanceof InvalidConfiguration) logProblems(log, error.details.problems ?? []);
    const why = error instanceof Error ? error.message : String(error);
    log.write('error', `the configuration in force stays: ${why}`, { event: 'configuration.refused' });
  }
}

const STARTED_AT = new Date();

const CARRIER = { kernel: 'the kernel carries the packets', userspace: 'the daemon itself carries the packets' };

function versionReport(dataPlane: VersionReport['dataPlane']): VersionReport {
  // Two directories above, for the sources and for the build alike.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return { version, api: 1, startedAt: STARTED_AT.toISOString(), dataPlane };
}

/** Something that happens once and can be waited for. */
class Latch {
  readonly set: Promise<void>;
  isOpen = false;
  #resolve: () => void = () => undefined;

  constructor() {
    this.set = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  open(): void {
    this.isOpen = true;
    this.#resolve();
  }
}
