import { nearestWord } from '../base/nearest.ts';
import type { ReplyOf, RequestOf } from './command-schemas.ts';
import { COMMANDS, type CommandName, type ReplyCommandName } from './commands.ts';
import { ControlError, unknownTunnel } from './control-error.ts';
import type { GatewayApi } from './gateway-api.ts';
import { listPage } from './listing.ts';
import { openApiDocument } from './openapi.ts';
import type { OpenApi } from './protocol.ts';

/** Performs one command on the daemon. */
export function perform<Name extends ReplyCommandName>(
  api: GatewayApi,
  command: Name,
  request: RequestOf<Name>,
): Promise<ReplyOf<Name>> {
  return HANDLERS[command](api, request);
}

/** The command of a method and path, with the values that the path holds. Throws a ControlError in plain words. */
export function route(method: string, path: string): { command: CommandName; parameters: Record<string, string> } {
  let otherMethod: string | undefined;
  for (const command of COMMAND_NAMES) {
    const parameters = matchPath(COMMANDS[command].path, path);
    if (parameters === undefined) continue;
    if (COMMANDS[command].method === method) return { command, parameters };
    otherMethod = COMMANDS[command].method;
  }
  if (otherMethod !== undefined)
    throw new ControlError('no-such-method', `${path} takes ${otherMethod}, not ${method}`);
  const paths = COMMAND_NAMES.map((command) => COMMANDS[command].path);
  const nearest = nearestWord(path, paths);
  const hint = nearest === undefined ? `the paths are ${paths.join(', ')}` : `did you mean ${nearest}?`;
  throw new ControlError('no-such-path', `there is nothing at ${JSON.stringify(path.slice(0, 200))}; ${hint}`);
}

/** Begins a capture, which comes piece by piece. */
export function beginCapture(
  api: GatewayApi,
  { tunnel }: RequestOf<'capture'>,
  onBytes: (bytes: Uint8Array) => void,
): () => void {
  known(api, [tunnel]);
  return api.capture(tunnel, onBytes);
}

type Handlers = {
  readonly [Name in ReplyCommandName]: (api: GatewayApi, request: RequestOf<Name>) => Promise<ReplyOf<Name>>;
};

const HANDLERS: Handlers = {
  version: async (api) => api.version(),
  openapi: async () => openApiDocument() as OpenApi,
  status: (api, { tunnel }) => api.status(tunnel === undefined ? undefined : known(api, tunnel)),
  list: async (api, { kind, ...request }) => {
    const { rows, total, next } = listPage(kind, await api.list(kind), request);
    return { [kind]: rows, total, next };
  },
  show: (api, { tunnel, reveal }) => {
    known(api, [tunnel]);
    return api.show(tunnel, { reveal: reveal === 'true' });
  },
  export: (api, { tunnel, format, reveal }) => {
    known(api, [tunnel]);
    return api.export(tunnel, { format, reveal: reveal === 'true' });
  },
  diagnose: (api, { tunnel, ask }) => {
    known(api, [tunnel]);
    return api.diagnose(tunnel, { ask: ask !== 'false' });
  },
  metrics: async (api) => api.metrics(),
  exchanges: async (api, { tunnel }) => {
    known(api, [tunnel]);
    return { messages: api.exchanges(tunnel) };
  },
  keylog: async (api, { tunnel }) => {
    known(api, [tunnel]);
    return api.keyLog(tunnel);
  },
  up: (api, { tunnels }) => act(api, tunnels, (names) => api.up(names)),
  down: (api, { tunnels }) => act(api, tunnels, (names) => api.down(names)),
  restart: (api, { tunnels }) => act(api, tunnels, (names) => api.restart(names)),
  rekey: (api, { tunnels, what }) => act(api, tunnels, (names) => api.rekey(names, what ?? 'ike')),
  create: (api, { kind, name, set, dryRun }) =>
    api.change({ change: 'create', kind, name, set: set ?? {} }, dryRun === true),
  edit: (api, { kind, name, set, unset, dryRun }) =>
    api.change({ change: 'edit', kind, name, set: set ?? {}, unset: unset ?? [] }, dryRun === true),
  rename: (api, { kind, name, to, dryRun }) => api.change({ change: 'rename', kind, name, to }, dryRun === true),
  delete: (api, { kind, names, dryRun }) => api.change({ change: 'delete', kind, names }, dryRun === true),
  plan: (api, { text }) => api.replace(text, true),
  apply: (api, { text }) => api.replace(text, false),
};

const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];

async function act(
  api: GatewayApi,
  tunnels: readonly string[],
  action: (names: readonly string[]) => Promise<void>,
): Promise<ReplyOf<'status'>> {
  const names = known(api, tunnels);
  await action(names);
  return api.status(names);
}

/** Each name once; all of them are checked before anything is done to any. */
function known(api: GatewayApi, names: readonly string[]): string[] {
  for (const name of names) if (!api.hasTunnel(name)) throw unknownTunnel(name, api.tunnelNames());
  return [...new Set(names)];
}

function matchPath(template: string, path: string): Record<string, string> | undefined {
  const want = template.split('/');
  const have = path.split('/');
  if (want.length !== have.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of want.entries()) {
    const value = have[index] ?? '';
    if (segment.startsWith('{')) parameters[segment.slice(1, -1)] = decodeSegment(value);
    else if (segment !== value) return undefined;
  }
  return parameters;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ControlError('bad-request', `${JSON.stringify(segment.slice(0, 200))} is not percent-encoded correctly`);
  }
}
