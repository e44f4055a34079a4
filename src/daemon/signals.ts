export type SignalHandlers = {
  /** SIGTERM or SIGINT; the second of them means that the first is taking too long. */
  readonly stop: (signal: 'SIGTERM' | 'SIGINT') => void;
  /** SIGHUP. */
  readonly reload: () => void;
  /** An exception that nothing caught: the state of the process is not to be trusted any more. */
  readonly crash: (error: unknown) => void;
};

/** Listens to what docs/operations.md names; returns the way to end it. */
export function listenToSignals(handlers: SignalHandlers): () => void {
  const listeners: readonly [NodeJS.Signals | 'uncaughtException', (value: unknown) => void][] = [
    ['SIGTERM', () => handlers.stop('SIGTERM')],
    ['SIGINT', () => handlers.stop('SIGINT')],
    ['SIGHUP', () => handlers.reload()],
    ['uncaughtException', (error) => handlers.crash(error)],
  ];
  for (const [name, listener] of listeners) process.on(name, listener);
  return () => {
    for (const [name, listener] of listeners) process.off(name, listener);
  };
}
