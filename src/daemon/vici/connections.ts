import { appendAt } from '../../base/append-at.ts';
import { type Duration, SECOND } from '../../base/time.ts';
import type { Tunnel } from '../../config/configuration.ts';
import type { LoadedShunt } from '../../config/loaded/loaded-connection.ts';
import { formatPeerPlaces } from '../../config/summary.ts';
import type { ViciChildConfiguration, ViciConnection } from '../../control/vici/vici-api.ts';
import type { TunnelPolicy } from '../../ike/common/policy.ts';
import { formatIdentity } from '../../sa/identity.ts';
import { formatExpected } from '../../sa/identity-pattern.ts';
import type { NamesOf } from './sas.ts';
import { viciSelector } from './selectors.ts';

/**
 * The tunnels as connections with children, of which those of one connection have the same IKE settings; and the shunts that
 * were loaded, behind the tunnels of their connection.
 */
export function viciConnections(
  tunnels: readonly Tunnel[],
  names: NamesOf,
  shunts: readonly LoadedShunt[],
): ViciConnection[] {
  const groups = new Map<string, Tunnel[]>();
  for (const tunnel of tunnels) {
    const { connection } = names(tunnel.name);
    appendAt(groups, connection, tunnel);
  }
  const passing = new Map<string, ViciChildConfiguration[]>();
  for (const shunt of shunts) appendAt(passing, shunt.connection, shuntPart(shunt));
  const all = new Set([...groups.keys(), ...shunts.map(({ connection }) => connection)]);
  return [...all].map((name) => {
    const group = groups.get(name) ?? [];
    const own = group.filter(({ policy }) => policy.besideV2 !== true);
    const [first] = own;
    const both = own.length < group.length ? { version: 'both' as const } : {};
    const children = [...own.map((tunnel) => childPart(tunnel, names)), ...(passing.get(name) ?? [])];
    return { ...(first === undefined ? NO_PEER : ikePart(first.policy)), ...both, name, children };
  });
}

/** Of a connection of shunts alone: what charon has by default, as nothing of it is used. */
const NO_PEER: Omit<ViciConnection, 'name' | 'children'> = {
  version: 'both',
  localAddresses: ['%any'],
  remoteAddresses: ['%any'],
  authenticates: false,
  localId: undefined,
  remoteId: undefined,
  rekeyTime: 14_400,
  reauthTime: 0,
  unique: 'UNIQUE_NO',
  dpd: { delay: 0, timeout: 0 },
  ppk: undefined,
};

function shuntPart({ child, policy }: LoadedShunt): ViciChildConfiguration {
  return {
    name: child,
    mode: policy.action === 'bypass' ? 'PASS' : 'DROP',
    rekeyTime: 3_600,
    rekeyBytes: 0,
    rekeyPackets: 0,
    dpdAction: 'none',
    closeAction: 'none',
    localTs: policy.localSelectors.map(viciSelector),
    remoteTs: policy.remoteSelectors.map(viciSelector),
  };
}

function ikePart(policy: TunnelPolicy): Omit<ViciConnection, 'name' | 'children'> {
  const { local, remote, ppk, dpd } = policy;
  const lifetime = (policy.ikeRekey?.after ?? policy.ikeLifetime) / SECOND;
  const anew = policy.version === 2 && policy.reauthenticate;
  return {
    version: policy.version,
    localAddresses: [local.address, ...(local.alternatives ?? [])],
    remoteAddresses: formatPeerPlaces(remote).map((place) => (place === '0.0.0.0' ? '%any' : place)),
    authenticates: true,
    localId: formatIdentity(local.identity),
    remoteId: remote.identity === undefined && remote.pattern === undefined ? undefined : formatExpected(remote),
    rekeyTime: anew ? 0 : lifetime,
    reauthTime: anew ? lifetime : 0,
    // A new IKE SA of the same peer takes the place of the one before, unless that is kept.
    unique: policy.unique === 'keep' ? 'UNIQUE_KEEP' : 'UNIQUE_REPLACE',
    // IKEv2 has no time of its own for that: its requests are repeated until they are given up (RFC 7296 §2.4).
    dpd: { delay: dpd.delay / SECOND, timeout: policy.version === 1 && dpd.delay > 0 ? dpd.timeout / SECOND : 0 },
    ppk: ppk === undefined ? undefined : { id: ppk.id, required: ppk.required },
  };
}

function childPart(tunnel: Tunnel, names: NamesOf): ViciChildConfiguration {
  const { name, policy, loaded } = tunnel;
  return {
    name: names(name).child,
    mode: viciMode(policy),
    rekeyTime: childRekeyTime(policy) / SECOND,
    rekeyBytes: policy.childUsage?.softBytes ?? policy.childUsage?.bytes ?? 0,
    rekeyPackets: policy.childUsage?.softPackets ?? policy.childUsage?.packets ?? 0,
    dpdAction: DPD_ACTIONS[policy.dpd.action],
    closeAction: loaded?.closeAction ?? closeActionOf(policy),
    localTs: asWritten(tunnel, 'local', policy.local.selectors.map(viciSelector)),
    remoteTs: asWritten(tunnel, 'remote', viciRemoteSelectors(policy)),
  };
}

function closeActionOf({ closeAction, start }: TunnelPolicy): ViciChildConfiguration['closeAction'] {
  return closeAction === undefined ? CLOSE_ACTIONS[start] : DPD_ACTIONS[closeAction];
}

function childRekeyTime({ childRekey, childLifetime }: TunnelPolicy): Duration {
  return childRekey === 'never' ? 0 : (childRekey?.after ?? childLifetime);
}

/** What is loaded as `dynamic` is listed so, though it is known by now which address that is. */
function asWritten(
  { policy, loaded }: Tunnel,
  end: 'local' | 'remote',
  selectors: readonly string[],
): readonly string[] {
  const { address } = policy[end];
  const own = typeof address === 'string' ? address : address.kind === 'address' ? address.address : undefined;
  if (own === undefined || loaded?.dynamic?.includes(end) !== true) return selectors;
  return selectors.map((selector) =>
    selector.split('/')[0] === own ? selector.replace(/^[^[]*/, 'dynamic') : selector,
  );
}

/** The mode of a tunnel's Child SAs. */
export function viciMode({ childMode }: TunnelPolicy): ViciChildConfiguration['mode'] {
  return childMode === 'transport' ? 'TRANSPORT' : 'TUNNEL';
}

/** The peer's segments, with those that are its own address, whoever it is. */
export function viciRemoteSelectors({ remote }: TunnelPolicy): string[] {
  const dynamic = (remote.dynamic ?? []).map((one) => viciSelector(one).replace(/^[^[]*/, 'dynamic'));
  return [...dynamic, ...remote.selectors.map(viciSelector)];
}

/** In the words that charon has for them since 5.9.5. */
const DPD_ACTIONS = { hold: 'trap', clear: 'none', restart: 'start' } as const;

/** What follows when the peer closes the tunnel: nothing is what leaves a trap in force, which is none of the Child SA. */
const CLOSE_ACTIONS = { initiate: 'start', 'on-traffic': 'none', respond: 'none' } as const;
