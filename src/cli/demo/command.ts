import { spawn } from 'node:child_process';

export type Outcome = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** Runs a program to its end. Never rejects: what cannot run has the status 127, what takes too long 124. */
export function run(argv: readonly string[], { input = '', timeout = 20_000 } = {}): Promise<Outcome> {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'pipe', timeout, killSignal: 'SIGKILL' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (error) => resolve({ status: 127, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ status: code ?? 124, stdout, stderr }));
    // What ends without reading has said all that it has to say.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Runs a program that must succeed; throws with the last thing that it said otherwise. */
export async function must(argv: readonly string[], input = ''): Promise<string> {
  const { status, stdout, stderr } = await run(argv, { input });
  if (status === 0) return stdout;
  const said = stderr.trim().split('\n').at(-1) || `exit status ${status}`;
  throw new Error(`${argv.slice(0, 4).join(' ')}: ${said}`);
}

/** The same program inside a network namespace. */
export function inNamespace(name: string, argv: readonly string[]): string[] {
  return ['ip', 'netns', 'exec', name, ...argv];
}
