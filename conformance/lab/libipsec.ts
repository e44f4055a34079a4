import { type CygnetOptions, LIBIPSEC, MAIN, type SwanctlOptions } from './presets.ts';

/** Options of both ends where each carries its packets itself: Cygnet in userspace, strongSwan by its plugin. */
export const IN_USERSPACE = { dataplane: 'userspace' } as const satisfies CygnetOptions;
export const BY_LIBIPSEC = { plugins: [LIBIPSEC] } as const satisfies SwanctlOptions;

/** Each version of IKE, for tables. */
export const VERSIONS = [
  { name: 'ikev2', options: {} },
  { name: 'ikev1', options: MAIN },
] as const;
