import type { Command } from 'commander';
import { printable } from '../../base/printable.ts';
import type { Configuration } from '../../config/configuration.ts';
import { formatProblem, type Problem } from '../../config/problem.ts';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import type { HostReport } from '../../host/host-check.ts';
import { type Context, DEFAULT_CONFIG, describedCommand } from '../context.ts';
import { counted } from '../units.ts';
import { findingText, hostReport, hostSummary } from './check-host.ts';

/** Reads only: no daemon is asked, nothing is written, nothing is resolved. The machine is looked at where asked for. */
export function checkCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return describedCommand({
    usage: 'check',
    summary: 'check a configuration file, or the machine for it, and change nothing',
    examples: [
      ['', `check ${DEFAULT_CONFIG}`],
      ['new.yaml', 'before it is put in place'],
      ['new.yaml --json', 'for programs: each problem with file, line and column'],
      [`--host`, 'and what of this machine will keep its tunnels from working'],
    ],
    exits: [EXIT.ok, EXIT.failed, EXIT.usage, EXIT.configurationInvalid],
  })
    .argument('[file]', 'the configuration', DEFAULT_CONFIG)
    .option('--json', 'print JSON')
    .option('--host', 'look at this machine as well: forwarding, NAT, firewall, ports, routes')
    .action(async (file: string, options: { json?: true; host?: true }) => {
      const { problems, configuration } = await check(file, terminal.env);
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      const counts = { errors, warnings: problems.length - errors };
      const host =
        configuration !== undefined && errors === 0 && options.host ? await hostReport(configuration) : undefined;
      if (options.json) terminal.out(JSON.stringify({ problems: problems.map(plain), ...counts, host }, null, 2));
      else for (const line of report(problems, host, terminal.colour)) terminal.out(line);
      terminal.err(countText({ file, ...counts, tunnels: configuration?.tunnels.length ?? 0 }));
      for (const line of host === undefined ? [] : hostSummary(host)) terminal.err(line);
      finish(exitStatus(errors, host));
    });
}

function report(problems: readonly Problem[], host: HostReport | undefined, colour: boolean): string[] {
  const lines = problems.map((problem) => printable(formatProblem(problem), 4_096));
  return [...lines, ...(host?.findings ?? []).map((finding) => findingText(finding, colour))];
}

/** What works all the same is no failure. */
function exitStatus(errors: number, host: HostReport | undefined): ExitStatus {
  if (errors > 0) return EXIT.configurationInvalid;
  return host?.findings.some(({ severity }) => severity === 'error') === true ? EXIT.failed : EXIT.ok;
}

type Environment = Readonly<Record<string, string | undefined>>;

async function check(
  file: string,
  environment: Environment,
): Promise<{ problems: readonly Problem[]; configuration: Configuration | undefined }> {
  // Loaded only here: the commands that talk to the daemon need neither parser nor schema.
  const [{ loadConfiguration }, { systemHost }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../config/host.ts'),
  ]);
  const result = loadConfiguration(file, { ...systemHost, variable: (name) => environment[name] });
  if ('errors' in result) return { problems: result.errors, configuration: undefined };
  return { problems: result.warnings, configuration: result.configuration };
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
