import type { z } from 'zod';
import { ACTING_SCHEMAS } from './commands/acting-schemas.ts';
import { CONFIGURATION_SCHEMAS } from './commands/configuration-schemas.ts';
import { OBSERVING_SCHEMAS } from './commands/observing-schemas.ts';
import { READING_SCHEMAS } from './commands/reading-schemas.ts';
import type { CommandName } from './commands.ts';

/** Request and reply of each command. */
export const COMMAND_SCHEMAS = {
  ...READING_SCHEMAS,
  ...OBSERVING_SCHEMAS,
  ...ACTING_SCHEMAS,
  ...CONFIGURATION_SCHEMAS,
};

export type RequestOf<Name extends CommandName> = z.output<(typeof COMMAND_SCHEMAS)[Name]['request']>;
export type ReplyOf<Name extends CommandName> = z.output<(typeof COMMAND_SCHEMAS)[Name]['reply']>;
