import { startControlServer } from '../../control/server.ts';
import type { FakeGateway } from '../../control/testing/fake-gateway.ts';
import { withSocketPath } from '../../control/testing/socket.ts';
import type { Context } from '../context.ts';
import { run } from '../run.ts';

export type CliResult = { readonly exit: number; readonly out: string; readonly err: string };

/** Test support: 10 minutes and 12 seconds after the SAs of the sample tunnel came up. */
export const NOW = Date.parse('2026-01-02T03:14:17.678Z');

export type CliOptions = {
  readonly env?: Record<string, string>;
  /** What stdin has. */
  readonly input?: string;
  readonly colour?: boolean;
  readonly startDaemon?: Context['startDaemon'];
  readonly rehearse?: Context['rehearse'];
};

/** Runs one command line and captures what it says. */
export async function cygnet(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const exit = await run(argv, {
    terminal: {
      out: (text) => void out.push(`${text}\n`),
      err: (text) => void err.push(`${text}\n`),
      input: async () => options.input ?? '',
      env: options.env ?? {},
      colour: options.colour ?? false,
      now: () => NOW,
    },
    startDaemon: options.startDaemon ?? (() => Promise.reject(new Error('no daemon in this test'))),
    rehearse: options.rehearse ?? (() => Promise.reject(new Error('no rehearsal in this test'))),
  });
  return { exit, out: out.join(''), err: err.join('') };
}

export type CliCall = (argv: readonly string[], options?: CliOptions) => Promise<CliResult>;

/** Runs command lines against a gateway that listens on a real socket. */
export async function withGateway(gateway: FakeGateway, body: (call: CliCall) => Promise<void>): Promise<void> {
  await withSocketPath(async (path) => {
    const server = await startControlServer({ path, api: gateway });
    const call: CliCall = (argv, options = {}) =>
      cygnet(argv, { ...options, env: { CYGNET_CONTROL: path, ...options.env } });
    try {
      await body(call);
    } finally {
      await server.close();
    }
  });
}
