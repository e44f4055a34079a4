import { describe, expect, it } from 'vitest';
import { EXCHANGE, EXCHANGE_V1 } from '../wire/header.ts';
import type { Phase } from './state.ts';
import { findTransition, TRANSITIONS } from './transitions.ts';

const PHASES: readonly Phase[] = [
  'larval',
  'mm1-sent',
  'mm2-sent',
  'mm3-sent',
  'mm4-sent',
  'mm5-sent',
  'am1-sent',
  'am2-sent',
  'established',
  'replaced',
  'closed',
];
const ROLES = ['initiator', 'responder'] as const;

/** What may be processed in phase 1 at all, written down a second time, independently of the table. */
const ALLOWED = new Set([
  'MAIN_MODE clear initiator mm1-sent',
  'MAIN_MODE clear responder mm2-sent',
  'MAIN_MODE clear initiator mm3-sent',
  'MAIN_MODE encrypted responder mm4-sent',
  'MAIN_MODE encrypted initiator mm5-sent',
  'AGGRESSIVE_MODE clear initiator am1-sent',
  'AGGRESSIVE_MODE clear responder am2-sent',
  'AGGRESSIVE_MODE encrypted responder am2-sent',
]);

describe('the transition table of IKEv1', () => {
  const exchanges = {
    ...EXCHANGE_V1,
    ...EXCHANGE,
    'exchange 0': 0,
    'exchange 1': 1,
    'exchange 3': 3,
    'exchange 255': 255,
  };
  const cases = Object.entries(exchanges).flatMap(([exchange, type]) =>
    ROLES.flatMap((role) =>
      PHASES.flatMap((phase) =>
        [false, true].map((encrypted) => ({
          exchange,
          type,
          role,
          phase,
          encrypted,
          how: encrypted ? 'encrypted' : 'clear',
        })),
      ),
    ),
  );

  it.each(cases)('$exchange $how, $role in $phase', ({ exchange, type, role, phase, encrypted, how }) => {
    const allowed = ALLOWED.has(`${exchange} ${how} ${role} ${phase}`);
    expect(findTransition({ role, phase }, type, encrypted) !== undefined).toBe(allowed);
  });

  it('has no row that another one hides', () => {
    const keys = TRANSITIONS.map(({ role, phase }) => `${role} ${phase}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
