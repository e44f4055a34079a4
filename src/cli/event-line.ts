import { printable } from '../base/printable.ts';
import type { ControlEvent } from '../control/protocol.ts';
import type { EventLevel } from '../control/words.ts';
import { type Style, styled } from './table.ts';

/** When, how grave, and what. Among those of other tunnels also the id, to go on from, and which tunnel it is. */
export function eventLine(event: ControlEvent, { alone, colour }: { alone: boolean; colour: boolean }): string {
  const { id, time, level, tunnel, text } = event;
  const about = alone || tunnel === undefined ? '' : `${printable(tunnel)}: `;
  const number = alone ? [] : [String(id).padStart(4)];
  return [time, ...number, styled(level.padEnd(5), STYLE[level], colour), `${about}${printable(text)}`].join('  ');
}

const STYLE: Readonly<Record<EventLevel, Style>> = { debug: 'quiet', info: 'plain', warn: 'busy', error: 'bad' };
