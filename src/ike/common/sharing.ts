import { constantTimeEqual } from '../../crypto/constant-time.ts';
import { sameIdentity } from '../../sa/identity.ts';
import { type Expected, formatExpected } from '../../sa/identity-pattern.ts';
import { formatProposal } from '../../sa/proposal.ts';
import type { Context } from './context.ts';
import type { PeerAddress, PostQuantumKey, TunnelPolicy } from './policy.ts';

/**
 * Several tunnels to one peer over one IKE SA. RFC 7296 §1.3.1 lets either end make Child SAs for whatever both are
 * configured for; RFC 2409 §5.5 the same. Who has proven to be the peer of one tunnel gets a Child SA of another one
 * only where the same proof would have made it the peer of that as well, with the same strength: everything that phase 1
 * or the initial exchanges depend on has to be the same, as it is configured now.
 */

/** What is known of an IKE SA: the tunnel that it was made for, and others that have had Child SAs by it. */
export type Shared = { tunnel: string; guests: string[] };

/** The tunnels that an IKE SA may have Child SAs of. */
export function tunnelsOf({ tunnel, guests }: Shared): readonly string[] {
  return [tunnel, ...guests];
}

/** The policy by which the IKE SA makes Child SAs for a tunnel; undefined where it may not, or no longer. */
export function policyFor(ctx: Context, sa: Shared, tunnel: string): TunnelPolicy | undefined {
  const own = ctx.policies.get(sa.tunnel);
  const policy = ctx.policies.get(tunnel);
  if (own === undefined || policy === undefined || tunnel === sa.tunnel) return policy;
  return ctx.admits(policy) && differenceOf(own, policy) === undefined ? policy : undefined;
}

/** All tunnels that the IKE SA may make Child SAs for, its own first. */
export function policiesFor(ctx: Context, sa: Shared): TunnelPolicy[] {
  const own = ctx.policies.get(sa.tunnel);
  if (own === undefined) return [];
  const others = ctx.policies
    .relatedTo(own)
    .filter((policy) => policy !== own && ctx.admits(policy) && differenceOf(own, policy) === undefined);
  return [own, ...others];
}

/** Takes note that the IKE SA serves a tunnel which it was not made for. */
export function serve(sa: Shared, tunnel: string): void {
  if (!tunnelsOf(sa).includes(tunnel)) sa.guests.push(tunnel);
}

/**
 * For the operator: the peer is refused segments that another tunnel to it has, and why it does not get them by this IKE SA.
 * Empty where there is no such tunnel.
 */
export function whyNotShared(ctx: Context, sa: Shared, hasThem: (policy: TunnelPolicy) => boolean): string {
  const own = ctx.policies.get(sa.tunnel);
  const other = own === undefined ? undefined : ctx.policies.ofPeer(own.peer).find(hasThem);
  if (own === undefined || other === undefined || other === own) return '';
  const difference = differenceOf(own, other);
  const why = difference === undefined ? 'is taken down' : `has another ${difference} than ${own.name}`;
  return `; tunnel ${other.name} has these segments, and ${why}`;
}

/** What of the IKE part of two tunnels is not the same, for the operator; undefined where all is. */
function differenceOf(a: TunnelPolicy, b: TunnelPolicy): string | undefined {
  return PARTS.find(([, isSame]) => !isSame(a, b))?.[0];
}

type IsSame = (a: TunnelPolicy, b: TunnelPolicy) => boolean;

/** The secrets come last: nobody without the rest learns how long it takes to compare them. */
const PARTS: readonly (readonly [string, IsSame])[] = [
  ['gateway', (a, b) => a.gateway === b.gateway && a.local.address === b.local.address],
  ['peer', (a, b) => a.peer === b.peer && samePlace(a.remote.address, b.remote.address)],
  ['IKE version or mode', (a, b) => a.version === b.version && (a.version === 2 || a.mode === b.mode)],
  ['setting of MOBIKE', (a, b) => a.mobike === b.mobike],
  ['encapsulation', (a, b) => a.encapsulation === b.encapsulation],
  ['local identity', (a, b) => sameIdentity(a.local.identity, b.local.identity)],
  ['peer identity', (a, b) => sameExpected(a.remote, b.remote)],
  // So that the suite in use, and any that a rekeying can lead to, is one that both would have chosen.
  ['IKE proposals', (a, b) => proposalsOf(a) === proposalsOf(b)],
  ['pre-shared key', (a, b) => constantTimeEqual(a.psk.expose(), b.psk.expose())],
  ['post-quantum key', (a, b) => samePpk(a.ppk, b.ppk)],
];

function samePlace(a: PeerAddress, b: PeerAddress): boolean {
  if (a.kind === 'address') return b.kind === 'address' && a.address === b.address;
  if (a.kind === 'name') return b.kind === 'name' && a.name === b.name;
  return b.kind === 'any';
}

function sameExpected(a: Expected, b: Expected): boolean {
  if (a.identity === undefined || b.identity === undefined)
    return a.identity === b.identity && formatExpected(a) === formatExpected(b);
  return sameIdentity(a.identity, b.identity);
}

function proposalsOf({ ikeProposals }: TunnelPolicy): string {
  return ikeProposals.map(formatProposal).join(',');
}

function samePpk(a: PostQuantumKey | undefined, b: PostQuantumKey | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.id === b.id && a.required === b.required && constantTimeEqual(a.secret.expose(), b.secret.expose());
}
