import { spawn } from 'node:child_process';

export type Outcome = { readonly status: number; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly input?: string;
  /** Milliseconds until the command is killed and counts as failed; a minute where not given. */
  readonly timeout?: number;
};

/** Runs a command to its end. Never rejects: a command that cannot run or is killed has the status 127 or 124. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [command = '', ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'pipe' });
    const output = { stdout: '', stderr: '' };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeout ?? 60_000);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ ...output, status: 127, stderr: error.message });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ...output, status: timedOut ? 124 : (code ?? 128) });
    });
    // A command that ends without reading its input makes the pipe fail; its status tells all there is to know.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a command that must succeed; throws with what it wrote otherwise. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const outcome = await run(argv, options);
  if (outcome.status !== 0) {
    const said = `${outcome.stderr}\n${outcome.stdout}`.trim().split('\n').slice(-3).join(' | ');
    throw new Error(`${argv.join(' ').slice(0, 160)}: exit status ${outcome.status}: ${said}`);
  }
  return outcome.stdout;
}

/** The same command inside a network namespace. */
export function inNamespace(namespace: string, argv: readonly string[]): string[] {
  return ['ip', 'netns', 'exec', namespace, ...argv];
}
