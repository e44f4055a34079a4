import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { Check, WantedDataPlane } from './check.ts';
import { checkAddresses, checkRoutes } from './checks/addresses.ts';
import { checkCarrier } from './checks/carrier.ts';
import { checkClock } from './checks/clock.ts';
import { checkDaemons, checkPorts } from './checks/daemons.ts';
import { checkFirewall } from './checks/firewall.ts';
import { checkForwarding } from './checks/forwarding.ts';
import { checkMtu } from './checks/mtu.ts';
import { checkNat } from './checks/nat.ts';
import { checkAcceptRedirects, checkReversePath, checkSendRedirects, checkXfrmSwitches } from './checks/parameters.ts';
import type { HostFacts } from './facts.ts';
import type { Finding, Severity } from './finding.ts';

export type HostReport = {
  /** The gravest first. */
  readonly findings: readonly Finding[];
  /** What could not be read, and why: nothing is said about it. */
  readonly notLookedAt: readonly { readonly what: string; readonly why: string }[];
};

/** What of this machine will keep tunnels from working. Pure: the facts are read elsewhere (`read/`). */
export function checkHost(
  facts: HostFacts,
  tunnels: readonly TunnelPolicy[],
  dataplane: WantedDataPlane = 'auto',
): HostReport {
  const findings = tunnels.length === 0 ? [] : CHECKS.flatMap((check) => check(facts, tunnels, dataplane));
  return {
    findings: findings.toSorted((a, b) => GRAVITY[a.severity] - GRAVITY[b.severity]),
    notLookedAt: unknownFacts(facts),
  };
}

const CHECKS: readonly Check[] = [
  checkCarrier,
  checkPorts,
  checkDaemons,
  checkAddresses,
  checkRoutes,
  checkForwarding,
  checkXfrmSwitches,
  checkNat,
  checkFirewall,
  checkReversePath,
  checkSendRedirects,
  checkAcceptRedirects,
  checkMtu,
  checkClock,
];

const GRAVITY: Readonly<Record<Severity, number>> = { error: 0, warning: 1, hint: 2 };

function unknownFacts({ firewalls, clock, ...facts }: HostFacts): HostReport['notLookedAt'] {
  const { parameters, interfaces, ways, sockets, processes, kernel, tun } = facts;
  const all = [parameters, interfaces, ways, sockets, processes, kernel, tun, ...firewalls, clock.synchronized];
  return all.flatMap((fact) => (fact.known ? [] : [{ what: fact.source, why: fact.why }]));
}
