import { parsePrefix } from '../../base/net.ts';
import type { DataPlaneStep, PolicySpec, RouteSpec, SaSpec } from '../../sa/data-plane.ts';
import { selectorFromPrefix } from '../../sa/traffic-selector.ts';

const LOCAL = '192.0.2.2';
const REMOTE = '192.0.2.1';

/** A pair of SAs of one Child SA, and steps to go with it. */
export const INBOUND: SaSpec = {
  direction: 'in',
  protocol: 'esp',
  source: REMOTE,
  destination: LOCAL,
  spi: 0xc000_0001,
  reqid: 7,
  mode: 'tunnel',
  encryption: 'aes128',
  encryptionKey: Uint8Array.from({ length: 16 }, (_, index) => index + 1),
  integrity: 'sha1',
  integrityKey: Uint8Array.from({ length: 20 }, (_, index) => index + 1),
  esn: false,
  replayWindow: 128,
};
export const OUTBOUND: SaSpec = { ...INBOUND, direction: 'out', source: LOCAL, destination: REMOTE, spi: 0xc000_0002 };

export const addSa = (sa: SaSpec): DataPlaneStep => ({ kind: 'add-sa', sa });

export function outPolicy(changes: Partial<PolicySpec> = {}): PolicySpec {
  return {
    direction: 'out',
    source: segment('10.0.0.0/24'),
    destination: segment('10.1.2.0/24'),
    action: 'protect',
    template: template(7),
    ...changes,
  };
}

/** Without a template: `exactOptionalPropertyTypes` forbids to unset it by `outPolicy`. */
export function blockPolicy(): PolicySpec {
  const { template: _, ...policy } = outPolicy({ action: 'block' });
  return policy;
}

export function template(reqid: number, destination = REMOTE): NonNullable<PolicySpec['template']> {
  return { protocol: 'esp', mode: 'tunnel', reqid, source: LOCAL, destination };
}

export function addPolicy(owner: string, policy: PolicySpec): DataPlaneStep {
  return { kind: 'add-policy', owner, policy };
}

export function removePolicy(owner: string, policy: PolicySpec): DataPlaneStep {
  return { kind: 'remove-policy', owner, policy };
}

export function route(destination = '10.1.2.0/24', via = REMOTE): RouteSpec {
  const prefix = parsePrefix(destination);
  if (prefix === undefined) throw new RangeError(destination);
  return { destination: prefix, via, localSelectors: [segment('10.0.0.0/24')] };
}

export function addRoute(owner: string): DataPlaneStep {
  return { kind: 'add-route', owner, route: route() };
}

export function segment(text: string) {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(text);
  return selectorFromPrefix(prefix);
}
