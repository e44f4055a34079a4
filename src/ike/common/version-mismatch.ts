import type { Endpoint } from '../../base/net.ts';
import { candidatesFor } from './candidates.ts';
import type { Context } from './context.ts';
import type { Reason } from './reason.ts';

/** A peer that no tunnel of its version is configured for may be that of a tunnel of the other: then that one shows it. */
export function tellVersionMismatch(
  ctx: Context,
  spoken: 1 | 2,
  path: { readonly local: Endpoint; readonly remote: Endpoint },
): void {
  const other = spoken === 1 ? 2 : 1;
  const [policy] = candidatesFor(ctx.policies, other, path.local, path.remote);
  if (policy === undefined || policy.remote.address.kind !== 'address' || !ctx.admits(policy)) return;
  if (!ctx.isTimely(`version ${policy.name}`)) return;
  const text = `the peer speaks IKEv${spoken}, this tunnel is configured for IKEv${other} (ike.version)`;
  const reason: Reason = { code: 'version-mismatch', text, evidence: { version: spoken } };
  ctx.emit({ type: 'peer.refused', remote: path.remote, tunnel: policy.name, reason });
}
