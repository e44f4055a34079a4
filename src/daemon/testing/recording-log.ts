import type { ReportedEvent } from '../../observe/event-reporter.ts';
import type { EventLevel } from '../../observe/event-text.ts';
import type { LogFields } from '../../observe/log.ts';

export type LogLine = { readonly level: EventLevel; readonly msg: string; readonly event?: unknown };

/** A log that keeps its lines. */
export class RecordingLog {
  readonly lines: LogLine[] = [];

  write(level: EventLevel, msg: string, fields: LogFields = {}): void {
    this.lines.push({ level, msg, event: fields.event });
  }

  writes(level: EventLevel): boolean {
    return level !== 'debug';
  }

  event({ level, text, event }: ReportedEvent): void {
    this.lines.push({ level, msg: text, event });
  }

  events(): unknown[] {
    return this.lines.map(({ event }) => event);
  }
}
