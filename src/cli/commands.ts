import type { Command } from 'commander';
import type { ExitStatus } from '../control/exit.ts';
import type { Context } from './context.ts';

type CreateCommand = (context: Context, finish: (status: ExitStatus) => void) => Command;

/** The command that is named; all of them where none is, as the help and the suggestions need them. */
export function loadCommands(name: string): Promise<CreateCommand[]> {
  const named = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return Promise.all((named === undefined ? Object.values(COMMANDS) : [named]).map((load) => load()));
}

/** In the order of the help. Loaded when they are called: most of the time of a short command is loading what it needs. */
const COMMANDS: Readonly<Record<string, () => Promise<CreateCommand>>> = {
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  init: async () => (await import('./commands/init.ts')).initCommand,
  daemon: async () => (await import('./commands/daemon.ts')).daemonCommand,
  check: async () => (await import('./commands/check.ts')).checkCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  up: async () => (await import('./commands/up.ts')).upCommand,
  down: async () => (await import('./commands/down.ts')).downCommand,
  restart: async () => (await import('./commands/restart.ts')).restartCommand,
  rekey: async () => (await import('./commands/rekey.ts')).rekeyCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  list: async () => (await import('./commands/list.ts')).listCommand,
  show: async () => (await import('./commands/show.ts')).showCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  create: async () => (await import('./commands/objects.ts')).createCommand,
  edit: async () => (await import('./commands/objects.ts')).editCommand,
  rename: async () => (await import('./commands/objects.ts')).renameCommand,
  delete: async () => (await import('./commands/objects.ts')).deleteCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  apply: async () => (await import('./commands/plan.ts')).applyCommand,
  diagnose: async () => (await import('./commands/diagnose.ts')).diagnoseCommand,
  logs: async () => (await import('./commands/logs.ts')).logsCommand,
  exchanges: async () => (await import('./commands/exchanges.ts')).exchangesCommand,
  capture: async () => (await import('./commands/capture.ts')).captureCommand,
  keylog: async () => (await import('./commands/keylog.ts')).keylogCommand,
  metrics: async () => (await import('./commands/metrics.ts')).metricsCommand,
  events: async () => (await import('./commands/events.ts')).eventsCommand,
  'support-bundle': async () => (await import('./commands/support-bundle.ts')).supportBundleCommand,
};
