import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ReadOnly, requireNoSecrets, requireReading } from './access.ts';
import { streamBytes } from './byte-stream.ts';
import { type Command, SHAPES_HEADER } from './command.ts';
import type { RequestOf } from './command-schemas.ts';
import { COMMANDS, type CommandName } from './commands.ts';
import { ControlError, type ErrorDetails } from './control-error.ts';
import { beginCapture, perform, route } from './dispatch.ts';
import { ERROR_STATUS, type ErrorCode, type ErrorReport } from './error-shapes.ts';
import { resumeAfter, streamEvents } from './event-stream.ts';
import type { GatewayApi } from './gateway-api.ts';
import { readRequest } from './request.ts';
import { SHAPES_DIGEST } from './shapes-digest.ts';
import { listenOnSocketFile } from './socket-file.ts';

/** Bytes, milliseconds and counts that bound what one or many clients can hold. */
export type ControlLimits = {
  readonly maxBody: number;
  readonly maxConnections: number;
  readonly maxStreams: number;
  readonly maxBacklog: number;
  readonly heartbeat: number;
  /** For the whole request, head and body, to arrive. */
  readonly requestTimeout: number;
  /** For a connection on which nothing moves: an answer that nobody takes does not wait for ever. */
  readonly idleTimeout: number;
};

const LIMITS: ControlLimits = {
  maxBody: 1 << 20,
  maxConnections: 128,
  maxStreams: 64,
  maxBacklog: 1 << 20,
  heartbeat: 15_000,
  requestTimeout: 10_000,
  idleTimeout: 120_000,
};

export type ControlServerOptions = {
  /** Of the Unix socket. */
  readonly path: string;
  /** Who may open the socket besides the daemon's user: the number of a group; the daemon's own where absent. */
  readonly group?: number | undefined;
  /** For those who may only read. */
  readonly readOnly?: ReadOnly;
  readonly api: GatewayApi;
  readonly limits?: Partial<ControlLimits>;
  /** Told of a bug behind a request; the client learns only that there was one. */
  readonly onError?: (error: unknown) => void;
};

export type ControlServer = { close(): Promise<void> };

/**
 * Serves the control API: HTTP/1.1 with JSON over a Unix socket. The file's owner, group and mode are the access control,
 * and each socket has limits of its own, so that those who may only read cannot keep the others out.
 */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const limits = { ...LIMITS, ...options.limits };
  const service = new ControlService(options, limits);
  const server = createServer(
    {
      requestTimeout: limits.requestTimeout,
      headersTimeout: limits.requestTimeout,
      connectionsCheckingInterval: Math.min(1_000, limits.requestTimeout),
      keepAliveTimeout: limits.requestTimeout,
      maxHeaderSize: 16_384,
    },
    (message, response) => void service.answer(message, response),
  );
  server.maxConnections = limits.maxConnections;
  server.setTimeout(limits.idleTimeout);
  server.on('clientError', answerBrokenHttp);
  const removeFile = await listenOnSocketFile(server, options.path, options.group);
  return {
    close: async () => {
      await removeFile();
      service.endStreams();
      await closed(server);
    },
  };
}

class ControlService {
  readonly #api: GatewayApi;
  readonly #onError: (error: unknown) => void;
  readonly #limits: ControlLimits;
  readonly #readOnly: ReadOnly | undefined;
  readonly #streams = new Set<() => void>();

  constructor({ api, onError, readOnly }: ControlServerOptions, limits: ControlLimits) {
    this.#api = api;
    this.#readOnly = readOnly;
    this.#onError = onError ?? (() => {});
    this.#limits = limits;
  }

  /** Never rejects. */
  async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      response.setHeader(SHAPES_HEADER, SHAPES_DIGEST);
      await this.#answer(message, response);
    } catch (error) {
      // A client that goes in the middle of its request is no fault of ours.
      if (message.destroyed && !message.complete) return void response.destroy();
      if (!(error instanceof ControlError)) this.#onError(error);
      answerError(message, response, error);
    }
  }

  endStreams(): void {
    for (const end of this.#streams) end();
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', ...query] = (message.url ?? '').split('?');
    const { command, parameters } = route(message.method ?? '', path);
    if (this.#readOnly !== undefined) requireReading(command, this.#readOnly);
    const found = { command, parameters, query: new URLSearchParams(query.join('?')) };
    const request = await readRequest(message, found, this.#limits.maxBody);
    if (this.#readOnly !== undefined) requireNoSecrets(command, request, this.#readOnly);
    if (command === 'events') {
      const { after, follow, tunnel } = request as RequestOf<'events'>;
      const tunnels = tunnel === undefined ? undefined : new Set(tunnel);
      const wanted = { after: resumeAfter(message, after), follow: follow !== 'false', tunnels };
      this.#stream(response, () => streamEvents(response, wanted, { source: this.#api.events, limits: this.#limits }));
    } else if (command === 'capture') {
      const { contentType } = COMMANDS.capture;
      const subscribe = (onBytes: (bytes: Uint8Array) => void) =>
        beginCapture(this.#api, request as RequestOf<'capture'>, onBytes);
      this.#stream(response, () => streamBytes(response, { subscribe, contentType }, this.#limits));
    } else {
      // The schema of this very command has just checked the request.
      const reply = await perform(this.#api, command, request as RequestOf<typeof command>);
      answerWith(response, command, reply);
    }
  }

  #stream(response: ServerResponse, begin: () => () => void): void {
    if (this.#streams.size >= this.#limits.maxStreams) {
      throw new ControlError('busy', `${this.#limits.maxStreams} clients follow what happens already; end one of them`);
    }
    const end = begin();
    this.#streams.add(end);
    response.on('close', () => this.#streams.delete(end));
  }
}

function answerWith(response: ServerResponse, command: CommandName, reply: unknown): void {
  const { kind, contentType = 'text/plain; charset=utf-8' }: Command = COMMANDS[command];
  if (kind !== 'text') return answerJson(response, 200, reply);
  response.writeHead(200, { 'content-type': contentType });
  response.end(String(reply));
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

function answerError(message: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const known = error instanceof ControlError ? error : new ControlError('internal', INTERNAL);
  // What is left of an oversized body is not read: the connection ends with this answer.
  if (!message.complete) response.setHeader('connection', 'close');
  answerJson(response, ERROR_STATUS[known.code], errorReport(known.code, known.message, known.details));
}

const INTERNAL = 'the daemon failed on this request; its log tells more';

function errorReport(code: ErrorCode, message: string, details: ErrorDetails = {}): ErrorReport {
  return { error: { code, message, ...details } };
}

/** What Node's parser refuses before there is a request: answered where the socket still takes it, then closed. */
function answerBrokenHttp(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [code, text]: [ErrorCode, string] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ['timeout', 'the request did not arrive in time']
      : ['bad-request', 'this is not HTTP/1.1'];
  const body = `${JSON.stringify(errorReport(code, text))}\n`;
  const head = `HTTP/1.1 ${ERROR_STATUS[code]} ${code}\r\nconnection: close\r\ncontent-type: application/json\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // Whoever is in the middle of something has one second to take the answer.
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
    server.closeIdleConnections();
  });
}
