import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT, EXIT_TEXT, type ExitStatus } from '../control/exit.ts';
import { loadCommands } from './commands.ts';
import { type Context, DEFAULT_CONTROL } from './context.ts';
import { asFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command line, without the program's name, and resolves with the exit status. Never rejects. */
export async function run(argv: readonly string[], context: Context): Promise<ExitStatus> {
  let status: ExitStatus = EXIT.ok;
  const program = newProgram(context.terminal);
  try {
    for (const create of await loadCommands(argv[0] ?? '')) {
      const command = create(context, (exit) => {
        status = exit;
      });
      program.addCommand(command.copyInheritedSettings(program));
    }
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
