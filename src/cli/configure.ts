import { printable } from '../base/printable.ts';
import { formatProblem } from '../config/problem.ts';
import { ControlClientError } from '../control/client-error.ts';
import { EXIT, type ExitStatus } from '../control/exit.ts';
import type { PlanReport, ProblemReport } from '../control/plan-shapes.ts';
import { planText } from './plan-text.ts';
import type { Terminal } from './terminal.ts';
import { counted } from './units.ts';

export type ConfigureOptions = {
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly ask: () => Promise<PlanReport>;
  /** Whether it was only asked what the change would do. */
  readonly dryRun: boolean;
  /** The file whose name is shown where the daemon speaks of its own main file. */
  readonly file?: string;
};

/** Asks for a change of the configuration and tells what comes of it; what is wrong with it as `check` does. */
export async function configure({ terminal, json, ask, dryRun, file }: ConfigureOptions): Promise<ExitStatus> {
  try {
    const report = await ask();
    if (json) terminal.out(JSON.stringify(report, null, 2));
    else tell(report, terminal, dryRun);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ControlClientError && error.fault === 'invalid')) throw error;
    const { problems } = error;
    if (json) terminal.out(JSON.stringify({ problems }, null, 2));
    else tellProblems(problems, terminal, file);
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    terminal.err(`${counted(errors, 'error')}: ${error.message}`);
    return EXIT.configurationInvalid;
  }
}

function tell(report: PlanReport, terminal: Terminal, dryRun: boolean): void {
  const { lines, summary: changes } = planText(report);
  for (const line of lines) terminal.out(line);
  for (const file of report.files) terminal.err(`${dryRun ? 'would be written' : 'written'}: ${printable(file)}`);
  terminal.err(dryRun ? `${changes}; nothing was done` : `in force: ${changes}`);
}

/** The daemon knows the text only, not the file that it came from: its first one is that. */
function tellProblems(problems: readonly ProblemReport[], terminal: Terminal, file: string | undefined): void {
  for (const problem of problems)
    terminal.out(printable(formatProblem(file === undefined ? problem : { ...problem, file }), 4_096));
}
