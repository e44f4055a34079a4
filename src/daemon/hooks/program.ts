import { spawn } from 'node:child_process';
import { printable } from '../../base/printable.ts';
import type { Mark } from '../../sa/data-plane.ts';
import type { ReachablePair } from '../../tunnel/reachability.ts';
import type { HookMessage } from './message.ts';

/** Why it failed, in words; undefined where it did not. */
export type Outcome = string | undefined;

/**
 * Runs a hook's program with the message on stdin, without a shell, in an environment of its own: ours may hold keys.
 * It and all that it has started ends with the time that it is given, or with `stop`.
 */
export function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  message: HookMessage,
  pair: ReachablePair | undefined,
  { timeout, stop }: { readonly timeout: number; readonly stop: AbortSignal },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = programEnvironment(message, pair);
    const child = spawn(program, args, { cwd: '/', env, stdio: ['pipe', 'ignore', 'pipe'], detached: true });
    let told = '';
    let ended: Outcome;
    const end = (why: string) => {
      ended ??= why;
      // The group: a program of a shell would leave its children behind.
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const onStop = () => end('the daemon is stopping');
    const timer = setTimeout(() => end(`it did not end within ${timeout / 1_000} s`), timeout);
    stop.addEventListener('abort', onStop);
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      resolve(outcome);
    };
    child.stderr.on('data', (chunk: Buffer) => {
      if (told.length < MAX_TOLD) told += chunk.toString('utf8');
    });
    // Who does not read is not told: the environment says it all, too.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${JSON.stringify(message)}\n`);
    child.on('error', (error: NodeJS.ErrnoException) => finish(`it cannot be run (${error.code ?? error.message})`));
    child.on('exit', (code, signal) => {
      const words = told.trim() === '' ? '' : `: ${printable(told.trim(), MAX_TOLD)}`;
      if (ended !== undefined) finish(ended);
      else finish(code === 0 ? undefined : `it ended with ${signal ?? `status ${code}`}${words}`);
    });
  });
}

const MAX_TOLD = 500;

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Names beginning with CYGNET are ours; those with PLUTO are what updown scripts of other daemons know. */
export function programEnvironment(message: HookMessage, pair: ReachablePair | undefined): Record<string, string> {
  const { event, tunnel, gateway, peer, reason } = message;
  return clean({
    PATH,
    CYGNET_EVENT: event,
    CYGNET_TUNNEL: tunnel,
    CYGNET_GATEWAY: gateway,
    CYGNET_PEER: peer,
    ...(reason === null ? {} : { CYGNET_REASON: reason.code }),
    ...(pair === undefined ? {} : pairEnvironment(message, pair)),
  });
}

const VERBS: Readonly<Partial<Record<HookMessage['event'], string>>> = { reachable: 'up', withdrawn: 'down' };

function pairEnvironment({ event, tunnel }: HookMessage, { local, remote, path }: ReachablePair) {
  const isHost = local === `${path.me}/32` || local === `${path.me}/128`;
  const verb = `${VERBS[event] ?? event}-${isHost ? 'host' : 'client'}${local.includes(':') ? '-v6' : ''}`;
  return {
    CYGNET_LOCAL: local,
    CYGNET_REMOTE: remote,
    PLUTO_VERSION: '1.1',
    PLUTO_VERB: verb,
    PLUTO_CONNECTION: tunnel,
    PLUTO_PROTO: path.protocol,
    PLUTO_REQID: String(path.reqid),
    PLUTO_UNIQUEID: String(path.ikeSa),
    PLUTO_ME: path.me,
    PLUTO_MY_ID: path.myId,
    PLUTO_MY_CLIENT: local,
    PLUTO_MY_PORT: '0',
    PLUTO_MY_PROTOCOL: '0',
    PLUTO_PEER: path.peer,
    PLUTO_PEER_ID: path.peerId,
    PLUTO_PEER_CLIENT: remote,
    PLUTO_PEER_PORT: '0',
    PLUTO_PEER_PROTOCOL: '0',
    ...apartEnvironment(path.apart),
    ...(path.encapPort === undefined ? {} : { PLUTO_UDP_ENC: String(path.encapPort) }),
  };
}

function apartEnvironment({ ifId, mark }: ReachablePair['path']['apart'] = {}): Record<string, string> {
  const number = (name: string, value: number | undefined) => (value === undefined ? {} : { [name]: String(value) });
  const marked = (name: string, value: Mark | undefined) =>
    value === undefined ? {} : { [name]: `${value.value}/0x${value.mask.toString(16).padStart(8, '0')}` };
  return {
    ...number('PLUTO_IF_ID_IN', ifId?.in),
    ...number('PLUTO_IF_ID_OUT', ifId?.out),
    ...marked('PLUTO_MARK_IN', mark?.in),
    ...marked('PLUTO_MARK_OUT', mark?.out),
  };
}

/** Identities may come from the peer. */
function clean(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, printable(value)]));
}
