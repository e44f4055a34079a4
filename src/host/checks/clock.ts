import type { Check } from '../check.ts';

const PLAUSIBLE = { from: 2024, to: 2100 };

/** Lifetimes are told by a clock that nobody sets; logs, statuses and whoever compares them with the peer's are not. */
export const checkClock: Check = ({ clock }, tunnels) => {
  const names = tunnels.map(({ name }) => name);
  const finding = { check: 'clock', tunnels: names, fix: 'timedatectl set-ntp true' } as const;
  if (clock.year < PLAUSIBLE.from || clock.year > PLAUSIBLE.to)
    return [
      {
        ...finding,
        severity: 'warning',
        seen: `the clock says that it is the year ${clock.year}`,
        source: 'the system clock',
        why: 'the times in logs and statuses cannot be compared with those of the peer',
      },
    ];
  const { synchronized } = clock;
  if (!synchronized.known || synchronized.value) return [];
  return [
    {
      ...finding,
      severity: 'hint',
      seen: 'nothing keeps the clock right',
      source: synchronized.source,
      why: 'the times in logs and statuses may be other than those of the peer',
    },
  ];
};
