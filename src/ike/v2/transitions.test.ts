import { describe, expect, it } from 'vitest';
import { EXCHANGE } from '../wire/header.ts';
import type { Phase } from './state.ts';
import { findTransition } from './transitions.ts';

const PHASES: readonly Phase[] = [
  'larval',
  'init-sent',
  'intermediate-due',
  'intermediate-sent',
  'init-answered',
  'auth-sent',
  'established',
  'rekeyed',
  'deleting',
  'closed',
];
const ROLES = ['initiator', 'responder'] as const;
const MESSAGES = ['request', 'response'] as const;

/** What may be processed at all, written down a second time, independently of the table. */
const ALLOWED = new Set([
  'IKE_SA_INIT response initiator init-sent',
  'IKE_INTERMEDIATE request responder intermediate-due',
  'IKE_INTERMEDIATE response initiator intermediate-sent',
  'IKE_AUTH response initiator auth-sent',
  'IKE_AUTH request responder init-answered',
  ...['established', 'rekeyed', 'deleting'].flatMap((phase) =>
    ROLES.flatMap((role) => [
      `INFORMATIONAL request ${role} ${phase}`,
      `INFORMATIONAL response ${role} ${phase}`,
      `CREATE_CHILD_SA request ${role} ${phase}`,
      `CREATE_CHILD_SA response ${role} ${phase}`,
      `IKE_FOLLOWUP_KE request ${role} ${phase}`,
      `IKE_FOLLOWUP_KE response ${role} ${phase}`,
    ]),
  ),
]);

describe('the IKEv2 transition table', () => {
  const cases = Object.entries(EXCHANGE).flatMap(([exchange, type]) =>
    MESSAGES.flatMap((message) =>
      ROLES.flatMap((role) => PHASES.map((phase) => ({ exchange, type, message, role, phase }))),
    ),
  );

  it.each(cases)('$exchange $message, $role in $phase', ({ exchange, type, message, role, phase }) => {
    const allowed = ALLOWED.has(`${exchange} ${message} ${role} ${phase}`);
    expect(findTransition({ role, phase }, type, message) !== undefined).toBe(allowed);
  });

  it.each([0, 33, 42, 45, 255])('exchange type %i is unknown everywhere', (type) => {
    for (const role of ROLES)
      for (const phase of PHASES)
        for (const message of MESSAGES) expect(findTransition({ role, phase }, type, message)).toBeUndefined();
  });
});
