import { execFile } from 'node:child_process';
import type { Fact } from '../facts.ts';

/** What a tool prints. */
export type RunTool = (tool: string, args: readonly string[]) => Promise<Fact<string>>;

const PATIENCE = 5_000;
const MAX_OUTPUT = 16 << 20;

/** Runs a tool that only shows something, without a shell. */
export const runTool: RunTool = (tool, args) => {
  const source = [tool, ...args].join(' ');
  const options = { timeout: PATIENCE, maxBuffer: MAX_OUTPUT, env: { PATH: SEARCHED, LC_ALL: 'C' } };
  return new Promise((resolve) => {
    execFile(tool, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ known: true, value: stdout, source });
      else resolve({ known: false, source, why: failureText(error, stderr) });
    });
  });
};

/** Tools for root are not in the path of everybody. */
const SEARCHED = '/usr/sbin:/sbin:/usr/bin:/bin';

function failureText(error: Error & { readonly code?: unknown; readonly killed?: boolean }, stderr: string): string {
  if (error.code === 'ENOENT') return 'the tool is not installed';
  if (error.killed === true) return `it did not end within ${PATIENCE / 1_000} s`;
  const [line = ''] = stderr.trim().split('\n');
  return line === '' ? `it failed (${String(error.code)})` : line;
}
