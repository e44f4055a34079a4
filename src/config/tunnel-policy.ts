import type { IpAddress } from '../base/net.ts';
import type { Secret } from '../base/secret.ts';
import type { Duration } from '../base/time.ts';
import { HOUR, SECOND } from '../base/time.ts';
import type { Many, PeerAddress, TunnelPolicy } from '../ike/common/policy.ts';
import type { Identity } from '../sa/identity.ts';
import { addressIdentity } from '../sa/identity.ts';
import type { RekeyTime } from '../sa/lifetime.ts';
import type { Proposal } from '../sa/proposal.ts';
import { attributesOf, isChosenBySegments } from './attributes.ts';
import type { Gateway, Peer } from './configuration.ts';
import { isUnknownHost } from './dynamic-segments.ts';
import type { RawTunnel } from './schema.ts';
import { DEFAULT_DPD_DELAY } from './tunnel-rules.ts';

export type PolicyParts = {
  readonly name: string;
  readonly raw: RawTunnel;
  readonly gateway: Gateway;
  readonly peer: Peer;
  readonly psk: Secret;
  /** Where it is for any number of peers. */
  readonly many: Many | undefined;
  /** Whether one of the local segments is the address of this end, whatever that becomes. */
  readonly isHost: boolean;
  /** What `ppk.secret` stands for. */
  readonly ppk: Secret | undefined;
  readonly ikeProposals: readonly Proposal[];
  readonly childProposals: readonly Proposal[];
};

/** A tunnel that keeps all rules, with its defaults filled in. */
export function tunnelPolicy(parts: PolicyParts): TunnelPolicy {
  const { name, raw, gateway, peer } = parts;
  return {
    name,
    gateway: gateway.name,
    peer: peer.name,
    version: raw.ike?.version ?? 2,
    mode: raw.ike?.mode ?? 'main',
    mobike: mobikeOf(raw),
    ...(parts.many === undefined ? {} : { many: parts.many }),
    local: { ...localOf(raw, gateway), ...(parts.isHost ? { dynamic: true } : {}) },
    remote: remoteOf(raw, peer),
    psk: parts.psk,
    ...postQuantumKey(raw, parts.ppk),
    ikeProposals: parts.ikeProposals,
    childProposals: parts.childProposals,
    ...wrappingOf(raw),
    ikeLifetime: raw.ike?.lifetime ?? DEFAULT_LIFETIME,
    ...ikeRekeyOf(raw),
    ...choicesOf(raw),
    childLifetime: raw.ipsec?.lifetime ?? DEFAULT_LIFETIME,
    ...childRekeyOf(raw),
    ...usageOf(raw),
    singlePairs: peer.singlePairs,
    start: raw.start ?? (peer.address.kind === 'any' ? 'respond' : 'initiate'),
    dpd: dpdOf(raw, peer),
    ...(raw.closeAction === undefined ? {} : { closeAction: raw.closeAction }),
    retry: retryOf(raw),
    routes: raw.routes ?? isChosenBySegments(raw),
    ...optional(attributesOf(raw)),
    ...(raw.ipsec?.inactivity === undefined ? {} : { inactivity: raw.ipsec.inactivity }),
    blockClearText: raw.blockClearText ?? true,
  };
}

/** RFC 4555 extends IKEv2 alone, and transport mode is bound to its addresses. */
function mobikeOf({ ike, ipsec }: RawTunnel): boolean {
  return ike?.mobike ?? (ike?.version !== 1 && ipsec?.mode !== 'transport');
}

function wrappingOf({ ipsec }: RawTunnel): Pick<TunnelPolicy, 'childProtocol' | 'childMode' | 'encapsulation'> {
  return {
    childProtocol: ipsec?.protocol ?? 'esp',
    ...(ipsec?.mode === 'transport' ? { childMode: 'transport' } : {}),
    ...(ipsec?.encapsulation === 'udp' ? { encapsulation: 'udp' } : {}),
  };
}

function retryOf({ retry }: RawTunnel): TunnelPolicy['retry'] {
  const { attempts = 3, interval = 12 * SECOND, giveUp } = retry ?? {};
  return { attempts, interval, ...(giveUp === undefined ? {} : { giveUp }) };
}

function optional(attributes: TunnelPolicy['attributes'] | undefined): Pick<TunnelPolicy, 'attributes'> {
  return attributes === undefined ? {} : { attributes };
}

/** Who configures one wants it: that it is not required must be said (RFC 8784 §4). */
function postQuantumKey({ ppk }: RawTunnel, secret: Secret | undefined): Pick<TunnelPolicy, 'ppk'> {
  if (ppk === undefined || secret === undefined) return {};
  return { ppk: { id: ppk.id, secret, required: ppk.required ?? true } };
}

/** What IKEv2 leaves to the operator. */
function choicesOf({ ike }: RawTunnel): Pick<TunnelPolicy, 'reauthenticate' | 'childless' | 'unique'> {
  const unique = ike?.unique === 'keep' ? ({ unique: 'keep' } as const) : {};
  return { reauthenticate: ike?.reauthenticate ?? false, childless: ike?.childless ?? false, ...unique };
}

function usageOf({ ipsec }: RawTunnel): Pick<TunnelPolicy, 'childUsage'> {
  const { lifetimeBytes: bytes, lifetimePackets: packets, rekeyBytes, rekeyPackets } = ipsec ?? {};
  if (bytes === undefined && packets === undefined) return {};
  const { rekeyBytesSpread: spreadBytes, rekeyPacketsSpread: spreadPackets } = ipsec ?? {};
  const soft = {
    ...(rekeyBytes === undefined ? {} : { softBytes: rekeyBytes }),
    ...(rekeyPackets === undefined ? {} : { softPackets: rekeyPackets }),
    ...(spreadBytes === undefined ? {} : { spreadBytes }),
    ...(spreadPackets === undefined ? {} : { spreadPackets }),
  };
  return { childUsage: { bytes, packets, ...soft } };
}

function ikeRekeyOf({ ike }: RawTunnel): Pick<TunnelPolicy, 'ikeRekey'> {
  return ike?.rekey === undefined ? {} : { ikeRekey: rekeyTime(ike.rekey, ike.rekeySpread) };
}

function childRekeyOf({ ipsec }: RawTunnel): Pick<TunnelPolicy, 'childRekey'> {
  if (ipsec?.rekey === undefined) return {};
  return { childRekey: ipsec.rekey === 0 ? 'never' : rekeyTime(ipsec.rekey, ipsec.rekeySpread) };
}

function rekeyTime(after: Duration, spread: Duration = Math.floor(after / 10)): RekeyTime {
  return { after, spread };
}

function localOf(raw: RawTunnel, { address, alternatives, ...gateway }: Gateway): TunnelPolicy['local'] {
  return {
    address,
    ...(alternatives.length === 0 ? {} : { alternatives }),
    identity: raw.local.id ?? addressIdentity(publicAddressOf({ address, ...gateway })),
    selectors: raw.local.subnets,
  };
}

function remoteOf({ remote }: RawTunnel, { address, alternatives, within }: Peer): TunnelPolicy['remote'] {
  const identity = remote.id === 'any' ? undefined : (remote.id ?? identityOfPeer(address));
  const dynamic = remote.subnets.filter(isUnknownHost);
  return {
    address,
    ...(alternatives === undefined ? {} : { alternatives }),
    ...(within === undefined ? {} : { within }),
    // Which one it is shows with the peer.
    ...(identity === undefined || dynamic.length > 0 ? {} : { identity }),
    ...(remote.pattern === undefined ? {} : { pattern: remote.pattern }),
    selectors: remote.subnets.filter((one) => !isUnknownHost(one)),
    ...(dynamic.length === 0 ? {} : { dynamic }),
  };
}

const DEFAULT_LIFETIME: Duration = 24 * HOUR;
const DEFAULT_DPD_TIMEOUT: Duration = 13 * SECOND;

/** What a longer delay leaves for the answer, as the defaults do. */
const DPD_ANSWER_TIME: Duration = DEFAULT_DPD_TIMEOUT - DEFAULT_DPD_DELAY;

function dpdOf(raw: RawTunnel, peer: Peer): TunnelPolicy['dpd'] {
  const delay = raw.dpd?.delay ?? DEFAULT_DPD_DELAY;
  const timeout = raw.dpd?.timeout ?? Math.max(DEFAULT_DPD_TIMEOUT, delay + DPD_ANSWER_TIME);
  // A peer of any address cannot be called, neither at once (restart) nor on traffic (hold).
  const action = peer.address.kind === 'any' ? 'clear' : (raw.dpd?.action ?? 'restart');
  return { delay, timeout, action };
}

function publicAddressOf(gateway: Pick<Gateway, 'address' | 'publicAddress'>): IpAddress {
  return gateway.publicAddress ?? gateway.address;
}

function identityOfPeer(address: PeerAddress): Identity | undefined {
  switch (address.kind) {
    case 'address':
      return addressIdentity(address.address);
    case 'name':
      return { type: 'fqdn', name: address.name };
    case 'any':
      return undefined;
  }
}
