import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { listenOnSocketFile } from '../socket-file.ts';
import type { ViciEvent } from './command.ts';
import { VICI_COMMANDS } from './commands.ts';
import { type ConnectionLimits, eventFrame, ViciConnection } from './connection.ts';
import { newsEvent } from './news.ts';
import type { ViciApi, ViciNews } from './vici-api.ts';

export type ViciLimits = ConnectionLimits & { readonly maxConnections: number };

const LIMITS: ViciLimits = {
  maxConnections: 64,
  maxBacklog: 4 << 20,
  highWater: 256 << 10,
  patience: 30_000,
  maxQueue: 256,
};

export type ViciServerOptions = {
  /** Of the Unix socket. */
  readonly path: string;
  /** Who may open the socket besides the daemon's user: the number of a group; the daemon's own where absent. */
  readonly group?: number | undefined;
  readonly api: ViciApi;
  readonly limits?: Partial<ViciLimits>;
  /** Told of a bug behind a request; the client learns only that there was one. */
  readonly onError?: (error: unknown) => void;
};

export type ViciServer = { close(): Promise<void> };

/**
 * Serves vici, the protocol of strongSwan's tools, on a Unix socket. Whoever may open it may do everything that vici can,
 * as with charon's. Throws an Error in plain words where the socket cannot be had.
 */
export async function startViciServer(options: ViciServerOptions): Promise<ViciServer> {
  const limits = { ...LIMITS, ...options.limits };
  const onError = options.onError ?? (() => undefined);
  const clients = new Clients(options.api, onError);
  const server = createServer((socket) => {
    const connection = new ViciConnection(socket, { api: options.api, commands: VICI_COMMANDS, limits, onError });
    clients.add(connection);
    socket.on('close', () => clients.remove(connection));
  });
  server.maxConnections = limits.maxConnections;
  const removeFile = await listenOnSocketFile(server, options.path, options.group);
  return {
    close: async () => {
      await removeFile();
      clients.endAll();
      await closed(server);
    },
  };
}

/** What happens goes to every client that has registered for it; without clients nothing is asked of the daemon. */
class Clients {
  readonly #api: ViciApi;
  readonly #onError: (error: unknown) => void;
  readonly #connections = new Set<ViciConnection>();
  #unsubscribe: (() => void) | undefined;

  constructor(api: ViciApi, onError: (error: unknown) => void) {
    this.#api = api;
    this.#onError = onError;
  }

  add(connection: ViciConnection): void {
    this.#connections.add(connection);
    this.#unsubscribe ??= this.#api.subscribe((news) => this.#tell(news));
  }

  remove(connection: ViciConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  endAll(): void {
    for (const connection of this.#connections) connection.end();
  }

  /** Never throws: it is called in the middle of the daemon's work. */
  #tell(news: ViciNews): void {
    const event: ViciEvent = news.kind;
    const listeners = [...this.#connections].filter((connection) => connection.wants(event));
    if (listeners.length === 0) return;
    try {
      const frame = eventFrame(event, newsEvent(news, this.#api.now()));
      for (const listener of listeners) listener.send(frame);
    } catch (error) {
      this.#onError(error);
    }
  }
}

async function closed(server: Server): Promise<void> {
  const end = once(server, 'close');
  server.close();
  await end;
}
