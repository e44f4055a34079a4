/** A place in a file; lines and columns count from 1. Line 0: what is named has none, such as a key of a message. */
export type Position = { readonly file: string; readonly line: number; readonly column: number };

/** What is wrong, or doubtful, in a configuration: one sentence that also says what to do. Never holds a secret. */
export type Problem = Position & { readonly severity: 'error' | 'warning'; readonly message: string };

export function errorAt(position: Position, message: string): Problem {
  return problemAt(position, 'error', message);
}

export function warningAt(position: Position, message: string): Problem {
  return problemAt(position, 'warning', message);
}

/** Key by key: V8 gives what is spread together a shape of its own, which takes more memory than it. */
function problemAt({ file, line, column }: Position, severity: Problem['severity'], message: string): Problem {
  return { file, line, column, severity, message };
}

/** `cygnet.yaml:31:19 error tunnels.idc.ike.encryption: ...`, as compilers do, so that editors find the place. */
export function formatProblem(problem: Problem): string {
  return `${formatPosition(problem)} ${problem.severity} ${problem.message}`;
}

export function formatPosition({ file, line, column }: Position): string {
  return line === 0 ? file : `${file}:${line}:${column}`;
}

/** In reading order within each file; the files stay in the order in which they first appear. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))];
  return problems.toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}
