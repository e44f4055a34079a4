import type { Check } from '../check.ts';

/** Without ESP in the kernel nothing can carry the packets. */
export const checkKernel: Check = ({ kernel }, tunnels) => {
  if (!kernel.known) return [];
  return (['esp', 'ah'] as const).flatMap((protocol) => {
    const seen = kernel.value[protocol];
    const names = tunnels.filter(({ childProtocol }) => childProtocol === protocol).map(({ name }) => name);
    if (seen === undefined || names.length === 0) return [];
    return [
      {
        check: 'kernel',
        severity: 'error',
        seen,
        source: kernel.source,
        why: `the kernel cannot carry ${protocol.toUpperCase()}, so stage 2 fails`,
        tunnels: names,
        fix: `modprobe ${protocol}4 ${protocol}6 xfrm_user; where there are no such modules, run a kernel that has them`,
      },
    ];
  });
};
