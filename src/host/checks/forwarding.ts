import type { Check } from '../check.ts';
import type { Finding } from '../finding.ts';
import { forwardedSegments } from '../tunnel-segments.ts';

const SWITCHES = [
  { family: 4, parameter: 'net.ipv4.ip_forward' },
  { family: 6, parameter: 'net.ipv6.conf.all.forwarding' },
] as const;

/** What comes out of a tunnel for somebody else is thrown away where the machine does not forward. */
export const checkForwarding: Check = (facts, tunnels) => {
  const { parameters } = facts;
  if (!parameters.known) return [];
  return SWITCHES.flatMap(({ family, parameter }): Finding[] => {
    const names = tunnels
      .filter((tunnel) => forwardedSegments(facts, tunnel, family).length > 0)
      .map(({ name }) => name);
    const value = parameters.value[parameter];
    if (names.length === 0 || value === '1') return [];
    return [
      {
        check: 'forwarding',
        severity: 'error',
        seen: value === undefined ? `the kernel has no IPv${family}` : `${parameter} is ${value}`,
        source: parameters.source,
        why: `IPv${family} packets between the local segments and the tunnel are dropped`,
        tunnels: names,
        fix: value === undefined ? 'boot without ipv6.disable=1' : `sysctl -w ${parameter}=1`,
      },
    ];
  });
};
