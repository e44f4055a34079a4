import { ACTING } from './commands/acting.ts';
import { CONFIGURATION } from './commands/configuration.ts';
import { OBSERVING } from './commands/observing.ts';
import { READING } from './commands/reading.ts';

/** The whole control API: one row for each command, by subject. */
export const COMMANDS = { ...READING, ...OBSERVING, ...ACTING, ...CONFIGURATION };

export type CommandName = keyof typeof COMMANDS;
export type ReplyCommandName = Exclude<CommandName, 'events' | 'capture'>;
