import { describe, expect, it } from 'vitest';
import { VICI_COMMANDS } from './commands.ts';

describe('the table of vici commands', () => {
  it('has names that fit a packet and says what each is for', () => {
    for (const [name, { summary }] of VICI_COMMANDS) {
      expect(name).toMatch(/^[a-z-]{1,255}$/);
      expect(summary).not.toBe('');
    }
  });
});
