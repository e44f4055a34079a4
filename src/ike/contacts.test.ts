import { expect, it } from 'vitest';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { Contacts } from './contacts.ts';

const POLICY = tunnelPolicy(LEFT, RIGHT);

it('what answers IKEv1 beside a tunnel of IKEv2 is the same contact, and another tunnel between the two is not', () => {
  const older = { ...POLICY, name: 'older', version: 1, besideV2: true } as const;
  expect(new Contacts([POLICY, older]).isAlone(POLICY)).toBe(true);
  expect(new Contacts([POLICY, { ...POLICY, name: 'other' }]).isAlone(POLICY)).toBe(false);
});
