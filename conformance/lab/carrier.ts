import type { KernelNeed } from './backend.ts';
import type { Entry } from './catalogue.ts';
import { LIBIPSEC } from './presets.ts';
import type { Carrier, Gateway, Scenario } from './scenario.ts';

export function carrierOf(gateway: Gateway): Carrier {
  if ('cygnet' in gateway) return gateway.cygnet.dataplane ?? 'kernel';
  if ('loaded' in gateway) return 'kernel';
  return gateway.strongswan.plugins?.includes(LIBIPSEC) ? 'userspace' : 'kernel';
}

/** Scenarios all of whose gateways carry their packets themselves run on a kernel without ESP as well. */
export function needOf(entry: Entry): KernelNeed {
  if ('check' in entry) return 'esp';
  return gatewaysOf(entry.scenario).every((gateway) => carrierOf(gateway) === 'userspace') ? 'network' : 'esp';
}

function gatewaysOf({ a, b, c }: Scenario): readonly Gateway[] {
  return c === undefined ? [a, b] : [a, b, c];
}
