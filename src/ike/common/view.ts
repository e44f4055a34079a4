import type { Endpoint } from '../../base/net.ts';
import type { ChildSa } from '../../sa/child-sa.ts';
import { inboundSa, outboundSa } from '../../sa/child-sa.ts';
import type { SaKey } from '../../sa/data-plane.ts';
import type { Identity } from '../../sa/identity.ts';
import type { ChildProtocol, CipherSuite } from '../../sa/proposal.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';

/** What may be seen of an IKE SA from outside: no keys. Times are wall clock, milliseconds since 1970. */
export type IkeSaView = {
  readonly id: number;
  readonly tunnel?: string;
  readonly version: 1 | 2;
  readonly state: 'connecting' | 'established' | 'rekeyed' | 'deleting';
  readonly role: 'initiator' | 'responder';
  /** Lower-case hexadecimal, 16 digits. */
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly localId?: Identity;
  readonly remoteId?: Identity;
  readonly suite?: CipherSuite;
  readonly nat: { readonly local: boolean; readonly remote: boolean };
  /** Whether a post-quantum key protects what it makes; IKEv2 only. */
  readonly ppk?: boolean;
  readonly establishedAt?: number;
  readonly rekeyAt?: number;
};

export type ChildSaView = {
  readonly id: string;
  readonly tunnel: string;
  /** The IKE SA that made it, which in IKEv1 may be gone. */
  readonly ikeSa: number;
  readonly state: 'installing' | 'installed' | 'rekeying' | 'rekeyed' | 'deleting';
  /** Whether its outbound SA is in the data plane, or about to be. */
  readonly sends: boolean;
  readonly protocol: ChildProtocol;
  readonly mode: 'tunnel' | 'transport';
  /** ESP in UDP. */
  readonly encap: boolean;
  readonly suite: CipherSuite;
  readonly inbound: SaKey;
  readonly outbound: SaKey;
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
  readonly installedAt?: number;
  readonly rekeyAt?: number;
};

export function viewChild(child: ChildSa): ChildSaView {
  return {
    id: child.id,
    tunnel: child.tunnel,
    ikeSa: child.ikeSa,
    state: child.state,
    sends: child.sends,
    protocol: child.protocol,
    mode: child.mode,
    encap: child.encap,
    suite: child.suite,
    inbound: inboundSa(child),
    outbound: outboundSa(child),
    localSelectors: child.localSelectors,
    remoteSelectors: child.remoteSelectors,
    ...present('installedAt', child.installedAt?.wall),
    ...present('rekeyAt', child.rekeyAt?.wall),
  };
}

/** A property that is there only with a value. */
export function present<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value });
}
