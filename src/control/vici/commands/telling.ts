import { DONE, EMPTY, type ViciCommand } from '../command.ts';
import { section } from '../section.ts';

/** What is asked of the daemon as a whole. */
export const TELLING = {
  version: {
    summary: 'which daemon this is, on which system',
    run: (_, { api }) => section(api.version()),
  },
  'get-pools': { summary: 'none: there are no virtual addresses', run: () => EMPTY },
  'flush-certs': { summary: 'nothing to do: there are no certificates', run: () => DONE },
} as const satisfies Record<string, ViciCommand>;
