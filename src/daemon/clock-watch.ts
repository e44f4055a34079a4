import { type Duration, type Now, SECOND } from '../base/time.ts';
import { MinuteNotes } from './minute-notes.ts';

/** What a clock that is kept right does not do by itself. */
const STEP = 5 * SECOND;

/** Whether the date was set lately, or the machine slept. */
export class ClockWatch extends MinuteNotes<Duration> {
  constructor(read: () => Now) {
    super(() => {
      const { wall, mono } = read();
      return wall - mono;
    });
  }

  /** By how much the date went ahead of the time that has passed, or behind it (below 0); undefined where it did not. */
  stepped(): Duration | undefined {
    const { before, now } = this.compare();
    const step = now - before;
    return Math.abs(step) < STEP ? undefined : step;
  }
}
