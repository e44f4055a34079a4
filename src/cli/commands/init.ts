import { createSocket } from 'node:dgram';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { printable } from '../../base/printable.ts';
import { formatProblem } from '../../config/problem.ts';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { type Context, DEFAULT_CONFIG, describedCommand } from '../context.ts';
import { CliFailure } from '../failure.ts';
import { newKey } from '../new-key.ts';

type Options = {
  readonly peer: string;
  readonly local: string[];
  readonly remote: string[];
  readonly name: string;
  readonly address?: string;
  readonly publicAddress?: string;
  readonly profile: 'modern' | 'platform';
  readonly config: string;
  readonly json?: true;
};

/** The first configuration of a machine: never over one that is there. */
export function initCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return describedCommand({
    usage: 'init',
    summary: 'write a first configuration, with one tunnel and a new key',
    examples: [
      ['--peer 113.31.113.78 --local 10.0.192.0/20 --remote 10.23.0.0/16', `into ${DEFAULT_CONFIG}`],
      ['--peer vpn.example.org --local 10.1.0.0/16 --remote 10.2.0.0/16 --config new.yaml', 'into another file'],
    ],
    exits: [EXIT.ok, EXIT.failed, EXIT.usage, EXIT.configurationInvalid],
  })
    .requiredOption('--peer <address>', "the peer's IP address or DNS name; 0.0.0.0 for a peer of any address")
    .requiredOption('--local <prefix...>', 'the segments behind this gateway')
    .requiredOption('--remote <prefix...>', 'the segments behind the peer')
    .option('--name <name>', 'what to call the tunnel and the peer', parseName, 'peer1')
    .option('--address <address>', "this gateway's own address; else the one by which the peer is reached")
    .option('--public-address <address>', 'the address that the peer sees, behind a NAT')
    .addOption(
      new Option('--profile <profile>', 'modern: aes256gcm16 and x25519; platform: aes128, sha1 and group 2')
        .choices(['modern', 'platform'])
        .default('modern'),
    )
    .option('--config <file>', 'the file to write', DEFAULT_CONFIG)
    .option('--json', 'print JSON')
    .action(async ({ config, json, ...options }: Options) => {
      const { firstConfiguration } = await import('../../config/first-configuration.ts');
      const address = options.address ?? (await ownAddress(options.peer));
      const files = firstConfiguration(config, { ...options, address, psk: newKey() });
      if ('errors' in files) {
        for (const problem of files.errors) terminal.err(printable(formatProblem(problem), 4_096));
        throw new CliFailure(EXIT.configurationInvalid, 'nothing was written');
      }
      await writeNew(files.configuration, 0o644);
      await writeNew(files.psk, 0o600);
      for (const problem of files.warnings) terminal.err(printable(formatProblem(problem), 4_096));
      const written = { tunnel: options.name, configuration: config, key: files.psk.path };
      terminal.out(json ? JSON.stringify(written, null, 2) : nextSteps(config, options.name, files.psk.path));
      finish(EXIT.ok);
    });
}

/** It is the name of a file as well. */
function parseName(text: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be letters, digits, dots, dashes and underscores, at most 64.');
}

function nextSteps(config: string, name: string, keyFile: string): string {
  const option = config === DEFAULT_CONFIG ? '' : ` --config ${config}`;
  return [
    `${config} is written, with a new key in ${keyFile}. Next:`,
    `  cygnet check${config === DEFAULT_CONFIG ? '' : ` ${config}`}`,
    `  cygnet daemon${option}`,
    `  cygnet export ${name} --format swanctl --reveal    # for the other end`,
  ].join('\n');
}

/** The address from which the kernel would send to the peer; nothing is sent. */
function ownAddress(peer: string): Promise<string> {
  const any = peer === '0.0.0.0' || peer === '::';
  const unknown = (why: string) =>
    new CliFailure(EXIT.failed, `this machine's own address is not known (${why}); name it with --address`);
  if (any) return Promise.reject(unknown('the peer may be anywhere'));
  return new Promise((resolve, reject) => {
    const socket = createSocket(peer.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', (error) => {
      socket.close();
      reject(unknown(error.message));
    });
    socket.connect(500, peer, () => {
      resolve(socket.address().address);
      socket.close();
    });
  });
}

async function writeNew({ path, text }: { path: string; text: string }, mode: number): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx', mode });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const why = code === 'EEXIST' ? `${path} is there already; nothing was changed` : `cannot write ${path}: ${code}`;
    throw new CliFailure(EXIT.failed, why);
  }
}
