import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventSource } from './gateway-api.ts';
import type { ControlEvent } from './protocol.ts';

export type EventStreamLimits = {
  /** Bytes that may wait for one client; whoever is slower is dropped and comes back with the last id it has seen. */
  readonly maxBacklog: number;
  /** Milliseconds between comments that keep the stream alive and find out dead clients. */
  readonly heartbeat: number;
};

export type EventStreamRequest = {
  /** Replay from the event after this id; undefined: only new ones. */
  readonly after: number | undefined;
  /** False: only what is remembered. */
  readonly follow: boolean;
  /** Undefined: everything; else what is told of these tunnels. */
  readonly tunnels: ReadonlySet<string> | undefined;
};

/** Answers with a stream of server-sent events until the client goes. Returns the way to end it from our side. */
export function streamEvents(
  response: ServerResponse,
  request: EventStreamRequest,
  { source, limits }: { readonly source: EventSource; readonly limits: EventStreamLimits },
): () => void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  const send = (text: string): void => {
    if (response.destroyed) return;
    response.write(text);
    if (response.writableLength > limits.maxBacklog) response.destroy();
  };
  const unsubscribe = source.subscribe({
    after: request.after,
    onEvent: (event) => {
      if (isWanted(event, request)) send(`id: ${event.id}\nevent: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`);
    },
    onLost: (count) => send(`event: lost\ndata: ${JSON.stringify({ count })}\n\n`),
  });
  const heartbeat = setInterval(() => send(': alive\n\n'), limits.heartbeat);
  heartbeat.unref();
  response.on('close', () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
  if (!request.follow) response.end();
  return () => response.end();
}

function isWanted({ tunnel }: ControlEvent, { tunnels }: EventStreamRequest): boolean {
  return tunnels === undefined || (tunnel !== undefined && tunnels.has(tunnel));
}

/** Where to go on: `after` of the request, or what a reconnecting browser says by itself. */
export function resumeAfter(message: IncomingMessage, after: string | undefined): number | undefined {
  const header = message.headers['last-event-id'];
  const text = after ?? (typeof header === 'string' && /^\d{1,15}$/.test(header) ? header : undefined);
  return text === undefined ? undefined : Number(text);
}
