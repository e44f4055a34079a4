import type { ServerResponse } from 'node:http';

export type ByteSource = {
  /** Calls with what comes until it is ended. */
  readonly subscribe: (onBytes: (bytes: Uint8Array) => void) => () => void;
  readonly contentType: string;
};

/**
 * Answers with bytes as they come until the client goes. A client that does not keep up is disconnected. Returns the way
 * to end it from our side.
 */
export function streamBytes(
  response: ServerResponse,
  { subscribe, contentType }: ByteSource,
  { maxBacklog }: { readonly maxBacklog: number },
): () => void {
  // Sent with the first bytes: what cannot be subscribed to is refused before.
  response.setHeader('content-type', contentType);
  response.setHeader('cache-control', 'no-store');
  const unsubscribe = subscribe((bytes) => {
    if (response.destroyed) return;
    response.write(bytes);
    if (response.writableLength > maxBacklog) response.destroy();
  });
  response.on('close', unsubscribe);
  return () => response.end();
}
