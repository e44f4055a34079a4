import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT, EXIT_TEXT, type ExitStatus } from '../control/exit.ts';
import { captureCommand } from './commands/capture.ts';
import { checkCommand } from './commands/check.ts';
import { daemonCommand } from './commands/daemon.ts';
import { demoCommand } from './commands/demo.ts';
import { diagnoseCommand } from './commands/diagnose.ts';
import { downCommand } from './commands/down.ts';
import { eventsCommand } from './commands/events.ts';
import { exchangesCommand } from './commands/exchanges.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { initCommand } from './commands/init.ts';
import { keylogCommand } from './commands/keylog.ts';
import { listCommand } from './commands/list.ts';
import { logsCommand } from './commands/logs.ts';
import { metricsCommand } from './commands/metrics.ts';
import { createCommand, deleteCommand, editCommand, renameCommand } from './commands/objects.ts';
import { applyCommand, planCommand } from './commands/plan.ts';
import { rekeyCommand } from './commands/rekey.ts';
import { restartCommand } from './commands/restart.ts';
import { showCommand } from './commands/show.ts';
import { statusCommand } from './commands/status.ts';
import { supportBundleCommand } from './commands/support-bundle.ts';
import { upCommand } from './commands/up.ts';
import { type Context, DEFAULT_CONTROL } from './context.ts';
import { asFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

const COMMANDS_IN_ORDER = [
  demoCommand,
  initCommand,
  daemonCommand,
  checkCommand,
  importCommand,
  upCommand,
  downCommand,
  restartCommand,
  rekeyCommand,
  statusCommand,
  listCommand,
  showCommand,
  exportCommand,
  createCommand,
  editCommand,
  renameCommand,
  deleteCommand,
  planCommand,
  applyCommand,
  diagnoseCommand,
  logsCommand,
  exchangesCommand,
  captureCommand,
  keylogCommand,
  metricsCommand,
  eventsCommand,
  supportBundleCommand,
];

/** Runs one command line, without the program's name, and resolves with the exit status. Never rejects. */
export async function run(argv: readonly string[], context: Context): Promise<ExitStatus> {
  let status: ExitStatus = EXIT.ok;
  const program = newProgram(context.terminal);
  for (const create of COMMANDS_IN_ORDER) {
    const command = create(context, (exit) => {
      status = exit;
    });
    program.addCommand(command.copyInheritedSettings(program));
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    // Commander has told it already; whatever it does not take is wrong usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = asFailure(error);
    if (failure.message !== '') context.terminal.err(`cygnet: ${failure.message}`);
    return failure.exit;
  }
}

function newProgram(terminal: Terminal): Command {
  const exits = Object.entries(EXIT_TEXT).map(([exit, text]) => `  ${exit}  ${text}`);
  return new Command('cygnet')
    .description('A native IKEv1/IKEv2 IPsec gateway.')
    .version(packageVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .showHelpAfterError('(more with --help)')
    .helpCommand(false)
    .addHelpText('after', ['', 'Environment:', ...ENVIRONMENT, '', 'Exit status:', ...exits].join('\n'));
}

const ENVIRONMENT = [
  `  CYGNET_CONTROL  the daemon's control socket, where --control is not given (else ${DEFAULT_CONTROL})`,
  '  CYGNET_LOG      the least that the daemon logs: debug, info, warn, error',
  '  NO_COLOR        no colours, whatever the value',
];

/** The package's own file lies two directories above, for the sources and for the build alike. */
function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
