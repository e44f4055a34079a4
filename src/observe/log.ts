import { destination, type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino';
import type { ReportedEvent } from './event-reporter.ts';
import type { EventLevel } from './event-text.ts';
import { loggable } from './loggable.ts';

export type LogOptions = {
  /** The least level that is written. */
  readonly level: EventLevel;
  /** File descriptor; stdout where it is left out. */
  readonly fd?: number;
  /** Bytes that may wait for a reader that does not keep up; what comes then is dropped and counted. */
  readonly maxBacklog?: number;
};

export type LogFields = Readonly<Record<string, unknown>>;

/**
 * The log: one JSON object a line, with `time`, `level` and `msg`. Writing never blocks, whatever becomes of the
 * reader. Fields are made fit by their type (see `loggable`).
 */
export class Log {
  readonly #sink: ReturnType<typeof destination>;
  readonly #logger: Logger;
  #dropped = 0;
  /** Nothing has got out since a line was dropped. */
  #jammed = false;

  constructor({ level, fd = 1, maxBacklog = 4 << 20 }: LogOptions) {
    this.#sink = destination({ fd, sync: false, minLength: 0, maxLength: maxBacklog });
    this.#sink.on('drop', () => {
      this.#dropped += 1;
      this.#jammed = true;
    });
    this.#sink.on('drain', () => {
      this.#jammed = false;
    });
    // A closed pipe: there is nobody left to tell.
    this.#sink.on('error', () => {});
    this.#logger = pino({ ...FORMAT, level }, this.#sink);
  }

  write(level: EventLevel, msg: string, fields: LogFields = {}): void {
    if (this.#dropped > 0 && !this.#jammed) this.#tellDropped();
    this.#logger[level](fields, msg);
  }

  /** Whether lines of this level are written at all. */
  writes(level: EventLevel): boolean {
    return this.#logger.isLevelEnabled(level);
  }

  event({ time: _, level, text, ...fields }: ReportedEvent): void {
    this.write(level, text, fields);
  }

  /** Writes what waits, for at most `patience` milliseconds. */
  async close(patience = 1_000): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#sink.once('close', done);
      this.#sink.once('error', done);
      this.#sink.end();
    });
  }

  #tellDropped(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#logger.warn({ dropped }, `${dropped} lines of the log were dropped: its reader does not keep up`);
    // This line may itself have been dropped, and then they are still to be told.
    if (this.#dropped > 0) this.#dropped += dropped - 1;
  }
}

const FORMAT: LoggerOptions = {
  base: null,
  timestamp: stdTimeFunctions.isoTime,
  formatters: {
    level: (label) => ({ level: label }),
    log: (fields) => loggable(fields) as Record<string, unknown>,
  },
};
