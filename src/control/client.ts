import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { readOnlyPath } from './access.ts';
import { ControlClientError, notUnderstood, unreachable } from './client-error.ts';
import { readServerSentEvents } from './client-events.ts';
import { type Command, pathParameters, SHAPES_HEADER } from './command.ts';
import type { ReplyOf, RequestOf } from './command-schemas.ts';
import { COMMANDS, type CommandName, type ReplyCommandName } from './commands.ts';
import type { ErrorReport } from './error-shapes.ts';
import type { ControlEvent } from './protocol.ts';
import type * as ReplyCheck from './reply-check.ts';

export type ControlClientOptions = {
  /** Of the Unix socket. */
  readonly path: string;
  /** Milliseconds until an answer must have begun. */
  readonly timeout?: number;
  /**
   * The digest of the shapes that the caller was made for. What a daemon of the same shapes answers is taken as it is;
   * anything else, and without this everything, is checked.
   */
  readonly shapes?: string;
};

export type EventsOptions = {
  readonly after?: number;
  readonly follow?: boolean;
  /** Only what is told of these. */
  readonly tunnel?: string[];
  readonly signal: AbortSignal;
  /** Told how many of the events that were asked for the daemon has forgotten. */
  readonly onLost?: (count: number) => void;
};

/** The other end of the control socket. Everything it throws is a ControlClientError. */
export class ControlClient {
  readonly #path: string;
  readonly #timeout: number;
  readonly #shapes: string | undefined;

  constructor({ path, timeout = 30_000, shapes }: ControlClientOptions) {
    this.#path = path;
    this.#timeout = timeout;
    this.#shapes = shapes;
  }

  async call<Name extends ReplyCommandName>(command: Name, request: RequestOf<Name>): Promise<ReplyOf<Name>> {
    const response = await this.#send(command, request);
    const text = await this.#readText(response);
    if (response.statusCode !== 200) throw await this.#refusal(response, text);
    const { kind }: Command = COMMANDS[command];
    const body = kind === 'text' ? text : parseJson(text);
    const check = await this.#checkOf(response);
    return check === undefined ? (body as ReplyOf<Name>) : check.checkedReply(command, body);
  }

  /**
   * Resolves once the daemon has subscribed us, so that nothing that comes after is missed. Without `after` only new
   * events; the stream ends when `signal` aborts, and throws where the daemon goes. With `follow: false` it ends with
   * what the daemon remembers.
   */
  async events(options: EventsOptions): Promise<AsyncIterable<ControlEvent>> {
    const { after, follow = true, tunnel } = options;
    const request = {
      ...(after === undefined ? {} : { after: String(after) }),
      ...(follow ? {} : { follow: 'false' as const }),
      ...(tunnel === undefined ? {} : { tunnel }),
    };
    const response = await this.#send('events', request, options.signal);
    if (response.statusCode !== 200) throw await this.#refusal(response, await this.#readText(response));
    return this.#follow(response, options);
  }

  /** A capture file, piece by piece, until `signal` aborts. */
  async capture(tunnel: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#send('capture', { tunnel }, signal);
    if (response.statusCode !== 200) throw await this.#refusal(response, await this.#readText(response));
    return this.#bytes(response, signal);
  }

  async *#bytes(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* response as AsyncIterable<Buffer>;
    } catch (error) {
      if (!signal.aborted) throw unreachable(this.#path, error);
    }
    if (!signal.aborted) throw new ControlClientError('unreachable', 'the daemon has ended the connection');
  }

  async *#follow(
    response: IncomingMessage,
    { signal, follow = true, onLost }: EventsOptions,
  ): AsyncGenerator<ControlEvent> {
    const check = await this.#checkOf(response);
    try {
      for await (const { event, data } of readServerSentEvents(response)) {
        if (event === 'lost') {
          onLost?.(countOf(parseJson(data)));
          continue;
        }
        const body = parseJson(data);
        if (check === undefined) yield body as ControlEvent;
        else yield* check.knownEvents(body);
      }
    } catch (error) {
      if (signal.aborted) return;
      throw unreachable(this.#path, error);
    }
    if (follow && !signal.aborted) throw new ControlClientError('unreachable', 'the daemon has ended the connection');
  }

  /** Whoever may not open the socket may still be one of those who may read. */
  async #send<Name extends CommandName>(
    command: Name,
    request: RequestOf<Name>,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    try {
      return await this.#sendTo(this.#path, command, request, signal);
    } catch (error) {
      if (!(error instanceof ControlClientError && error.errno === 'EACCES')) throw error;
      return this.#sendTo(readOnlyPath(this.#path), command, request, signal).catch((second) => {
        throw second instanceof ControlClientError && second.fault === 'unreachable' ? error : second;
      });
    }
  }

  #sendTo<Name extends CommandName>(
    socketPath: string,
    command: Name,
    request: RequestOf<Name>,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    const { method } = COMMANDS[command];
    const { path, rest } = fillPath(COMMANDS[command].path, request);
    const target = method === 'GET' ? `${path}${queryOf(rest)}` : path;
    const headers = { host: 'cygnet', ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) };
    // For one request: without an agent, which would take longer to make than the connection.
    const options = { createConnection: () => connect(socketPath), method, path: target, headers };
    const outgoing = httpRequest(signal === undefined ? options : { ...options, signal });
    outgoing.end(method === 'POST' ? JSON.stringify(rest) : undefined);
    return this.#response(outgoing, socketPath);
  }

  #response(outgoing: ClientRequest, socketPath: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new ControlClientError('timeout', `the daemon has not answered for ${this.#timeout / 1_000} s`));
        outgoing.destroy();
      }, this.#timeout);
      outgoing.on('response', (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      outgoing.on('error', (error) => {
        clearTimeout(timer);
        reject(unreachable(socketPath, error));
      });
    });
  }

  /** Loaded only for a daemon that may mean something else: the schemas take longer to make than a status to ask for. */
  async #checkOf({ headers }: IncomingMessage): Promise<typeof ReplyCheck | undefined> {
    const isOfOurShapes = this.#shapes !== undefined && headers[SHAPES_HEADER] === this.#shapes;
    return isOfOurShapes ? undefined : import('./reply-check.ts');
  }

  async #refusal(response: IncomingMessage, text: string): Promise<ControlClientError> {
    const body = parseJson(text);
    const check = await this.#checkOf(response);
    const { error } = check === undefined ? (body as ErrorReport) : check.checkedRefusal(body);
    const { code, message, problems = [] } = error;
    if (code === 'invalid') return new ControlClientError('invalid', message, { problems });
    return new ControlClientError(code === 'not-found' ? 'not-found' : 'refused', message);
  }

  async #readText(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch (error) {
      throw unreachable(this.#path, error);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

function fillPath(template: string, request: object): { path: string; rest: Record<string, unknown> } {
  const rest: Record<string, unknown> = { ...request };
  let path = template;
  for (const key of pathParameters(template)) {
    path = path.replace(`{${key}}`, () => encodeURIComponent(String(rest[key])));
    delete rest[key];
  }
  return { path, rest };
}

function queryOf(fields: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) query.append(key, String(item));
  }
  return query.size === 0 ? '' : `?${query}`;
}

function countOf(lost: unknown): number {
  const count = typeof lost === 'object' && lost !== null && 'count' in lost ? lost.count : 0;
  return typeof count === 'number' ? count : 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notUnderstood('not JSON');
  }
}
