import { utf8 } from '../base/bytes.ts';
import type { IpAddress, Prefix } from '../base/net.ts';
import { Secret } from '../base/secret.ts';
import { HOUR, SECOND } from '../base/time.ts';
import { ENCRYPTION, INTEGRITY, KEY_EXCHANGE, PRF } from '../crypto/algorithms.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { Identity } from '../sa/identity.ts';
import { addressIdentity } from '../sa/identity.ts';
import type { Capabilities, Proposal } from '../sa/proposal.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';

export const EVERYTHING: Capabilities = {
  ike: {
    encryption: ENCRYPTION.map(({ keyword }) => keyword),
    integrity: INTEGRITY.map(({ keyword }) => keyword),
    prf: PRF.map(({ keyword }) => keyword),
    keyExchange: KEY_EXCHANGE.map(({ keyword }) => keyword),
  },
  esp: {
    encryption: ENCRYPTION.map(({ keyword }) => keyword),
    integrity: INTEGRITY.map(({ keyword }) => keyword),
  },
  ah: { integrity: INTEGRITY.map(({ keyword }) => keyword) },
};

/** Cheap to compute, so that thousands of runs take seconds. */
export const CHEAP_IKE: Proposal = {
  protocol: 'ike',
  encryption: ['aes128'],
  integrity: ['sha256'],
  prf: ['prfsha256'],
  keyExchange: ['curve25519'],
  esn: [],
};

export const CHEAP_ESP: Proposal = {
  protocol: 'esp',
  encryption: ['aes128'],
  integrity: ['sha256'],
  prf: [],
  keyExchange: [],
  esn: [false],
};

export type Side = {
  readonly address: IpAddress;
  /** Where the peer finds it, where that is not `address`: the outside of a NAT device. */
  readonly publicAddress?: IpAddress;
  readonly identity?: Identity;
  readonly segments: readonly Prefix[];
};

export const LEFT: Side = { address: '192.0.2.1', segments: [{ address: '10.1.0.0', length: 16 }] };
export const RIGHT: Side = { address: '198.51.100.1', segments: [{ address: '10.2.0.0', length: 16 }] };

/** The tunnel `net` as `own` configures it towards `peer`; `changes` replaces whole fields. */
export function tunnelPolicy(own: Side, peer: Side, changes: Partial<TunnelPolicy> = {}): TunnelPolicy {
  return {
    name: 'net',
    gateway: 'gw',
    peer: 'peer',
    version: 2,
    mode: 'main',
    mobike: changes.version !== 1,
    local: { address: own.address, identity: identityOf(own), selectors: own.segments.map(selectorFromPrefix) },
    remote: {
      address: { kind: 'address', address: peer.publicAddress ?? peer.address },
      identity: identityOf(peer),
      selectors: peer.segments.map(selectorFromPrefix),
    },
    psk: new Secret(utf8('test.1231')),
    ikeProposals: [CHEAP_IKE],
    childProposals: [CHEAP_ESP],
    childProtocol: 'esp',
    ikeLifetime: 24 * HOUR,
    reauthenticate: false,
    childless: false,
    childLifetime: 24 * HOUR,
    start: 'initiate',
    dpd: { delay: 8 * SECOND, timeout: 13 * SECOND, action: 'restart' },
    retry: { attempts: 3, interval: 12 * SECOND },
    routes: true,
    blockClearText: true,
    ...changes,
  };
}

export function fqdn(name: string): Identity {
  return { type: 'fqdn', name };
}

function identityOf(side: Side): Identity {
  return side.identity ?? addressIdentity(side.publicAddress ?? side.address);
}
