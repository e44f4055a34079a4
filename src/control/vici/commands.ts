import type { ViciCommand } from './command.ts';
import { ACTING } from './commands/acting.ts';
import { LISTING } from './commands/listing.ts';
import { LOADING } from './commands/loading.ts';
import { TELLING } from './commands/telling.ts';
import { UNSUPPORTED } from './commands/unsupported.ts';

/** Every command, by its name on the wire; a row for each. */
export const VICI_COMMANDS: ReadonlyMap<string, ViciCommand> = new Map<string, ViciCommand>(
  Object.entries({ ...TELLING, ...LISTING, ...ACTING, ...LOADING, ...UNSUPPORTED }),
);
