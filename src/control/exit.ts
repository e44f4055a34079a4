/** What the exit statuses of the command line mean. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  configurationInvalid: 3,
  unreachable: 4,
  notFound: 5,
  timeout: 6,
  tunnelDown: 7,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_TEXT = {
  0: 'done',
  1: 'failed; the reason is on stderr',
  2: 'wrong usage',
  3: 'the configuration is invalid',
  4: 'the daemon cannot be reached',
  5: 'no tunnel, gateway or peer of that name',
  6: 'not settled within the time',
  7: 'a tunnel that should be up is not connected',
} as const satisfies Record<ExitStatus, string>;
