import type { Command } from 'commander';
import { printable } from '../../base/printable.ts';
import { formatProblem, type Problem } from '../../config/problem.ts';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { type Context, DEFAULT_CONFIG, describedCommand } from '../context.ts';
import { counted } from '../units.ts';

/** Reads only: no daemon is asked, nothing is written, nothing is resolved. */
export function checkCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return describedCommand({
    usage: 'check',
    summary: 'check a configuration file and change nothing',
    examples: [
      ['', `check ${DEFAULT_CONFIG}`],
      ['new.yaml', 'before it is put in place'],
      ['new.yaml --json', 'for programs: each problem with file, line and column'],
    ],
    exits: [EXIT.ok, EXIT.failed, EXIT.usage, EXIT.configurationInvalid],
  })
    .argument('[file]', 'the configuration', DEFAULT_CONFIG)
    .option('--json', 'print JSON')
    .action(async (file: string, options: { json?: true }) => {
      const { problems, tunnels } = await check(file, terminal.env);
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      const warnings = problems.length - errors;
      if (options.json) terminal.out(JSON.stringify({ problems: problems.map(plain), errors, warnings }, null, 2));
      else for (const problem of problems) terminal.out(printable(formatProblem(problem), 4_096));
      terminal.err(countText({ file, errors, warnings, tunnels }));
      finish(errors > 0 ? EXIT.configurationInvalid : EXIT.ok);
    });
}

type Environment = Readonly<Record<string, string | undefined>>;

async function check(
  file: string,
  environment: Environment,
): Promise<{ problems: readonly Problem[]; tunnels: number }> {
  // Loaded only here: the commands that talk to the daemon need neither parser nor schema.
  const [{ loadConfiguration }, { systemHost }, { releaseLimits }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../config/host.ts'),
    import('../../config/release-limits.ts'),
  ]);
  const result = loadConfiguration(file, { ...systemHost, environment });
  if ('errors' in result) return { problems: result.errors, tunnels: 0 };
  const problems = [...releaseLimits(result.configuration), ...result.warnings];
  return { problems, tunnels: result.configuration.tunnels.length };
}

/** The published fields and no others. */
function plain({ file, line, column, severity, message }: Problem): Problem {
  return { file, line, column, severity, message };
}

type Count = { readonly file: string; readonly errors: number; readonly warnings: number; readonly tunnels: number };

function countText({ file, errors, warnings, tunnels }: Count): string {
  const found = [errors > 0 ? counted(errors, 'error') : '', warnings > 0 ? counted(warnings, 'warning') : ''];
  const text = found.filter(Boolean).join(', ');
  if (errors > 0) return `${text}: ${file} is not usable`;
  return `${file} is valid: ${counted(tunnels, 'tunnel')}${text === '' ? '' : `, ${text}`}`;
}
