import { equalBytes } from '../../base/bytes.ts';
import { invariant } from '../../base/errors.ts';
import type { Endpoint } from '../../base/net.ts';
import { childMode } from '../common/child-mode.ts';
import { type Nat, NOWHERE, natDetectionHash, withForced } from '../common/nat-detection.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { hashOf } from './keymat.ts';
import { payloadsOf } from './payload-set.ts';
import type { IkeSaV1 } from './state.ts';
import type { Encapsulation } from './transform-values.ts';
import type { NatDPayload, PayloadV1 } from './wire/payload.ts';

/** Both ends of the path as one side sees it. */
export type Path = { readonly local: Endpoint; readonly remote: Endpoint };

type Subject = Pick<IkeSaV1, 'initiatorSpi' | 'responderSpi' | 'features' | 'suite'>;

/**
 * RFC 3947 §3.2: first the hash of where it goes, then that of where it comes from; none where it was not agreed on.
 * `forced` names a source that matches nothing: the peer finds a NAT at our end, and ESP goes in UDP.
 */
export function natDetection(sa: Subject, path: Path, forced: boolean): NatDPayload[] {
  const { natTraversal } = sa.features;
  if (natTraversal === undefined) return [];
  const draft = natTraversal === 'draft';
  const source = forced ? NOWHERE : path.local;
  return [path.remote, source].map((endpoint) => ({ type: 'NAT-D', draft, hash: hashFor(sa, endpoint) }));
}

/**
 * Where the peer's view of the path differs from ours there is a NAT. A peer that sends no view has none to tell, nor
 * can any be `forced` on it, and one of odd content can at worst make us believe in a NAT.
 */
export function detectNat(sa: Subject, payloads: readonly PayloadV1[], path: Path, forced: boolean): Nat {
  const { natTraversal } = sa.features;
  const agreed = payloadsOf(payloads, 'NAT-D').filter(({ draft }) => draft === (natTraversal === 'draft'));
  const [ours, ...theirs] = agreed.map(({ hash }) => hash);
  if (natTraversal === undefined || ours === undefined) return { local: false, remote: false };
  const from = hashFor(sa, path.remote);
  const found = {
    local: !equalBytes(ours, hashFor(sa, path.local)),
    // A host with several addresses sends several source hashes; one match will do.
    remote: !theirs.some((hash) => equalBytes(hash, from)),
  };
  return withForced(found, forced);
}

/** How ESP has to travel on this path; the drafts have numbers of their own for it. */
export function encapsulationFor(sa: Pick<IkeSaV1, 'nat' | 'features'>, policy: TunnelPolicy): Encapsulation {
  const mode = childMode(policy);
  if (!sa.nat.local && !sa.nat.remote) return { mode, udp: 'none' };
  return { mode, udp: sa.features.natTraversal === 'draft' ? 'draft' : 'standard' };
}

function hashFor(sa: Subject, endpoint: Endpoint): Uint8Array {
  invariant(sa.suite !== undefined, 'NAT detection takes the negotiated hash');
  return natDetectionHash(hashOf(sa.suite), sa.initiatorSpi, sa.responderSpi, endpoint);
}
