import { toHex, utf8 } from '../../base/bytes.ts';
import type { IpAddress } from '../../base/net.ts';
import { hash } from '../../crypto/hash.ts';
import { foldAscii, formatIdentity, type Identity } from '../../sa/identity.ts';
import { isExpected } from '../../sa/identity-pattern.ts';
import { ownKey } from './own-key.ts';
import type { Policies } from './policies.ts';
import type { TunnelPolicy } from './policy.ts';

/**
 * A tunnel for many peers is a template: who proves to be one of its peers gets a tunnel of its own, an instance, which
 * is like any other from then on. Until that proof there is nothing but a half-open IKE SA of the template.
 */

/** Who calls: what it says of itself, and the address that it is seen at. */
export type Caller = { readonly identity: Identity; readonly address: IpAddress };

/** A peer of a template that is there. Plain data; its policy follows from that of the template. */
export type Instance = Caller & { readonly template: string };

/**
 * What the candidates are for this caller: those that are for its identity, or have a key for it. A key that all others
 * share opens nothing to somebody who says to be one that has a key of its own, wherever that is configured: who has the
 * shared one could else pass for anybody.
 */
export function meantBy(
  policies: Pick<Policies, 'haveKeyFor'>,
  candidates: readonly TunnelPolicy[],
  caller: Caller,
): TunnelPolicy[] {
  const own = candidates.flatMap((policy) => ownOf(policy, caller) ?? []);
  if (own.some(({ remote }) => remote.identity !== undefined)) return own;
  const open = candidates.filter(({ many }) => many?.common !== undefined);
  if (open.length === 0 || policies.haveKeyFor(caller.identity)) return own;
  return [...own, ...open.flatMap((policy) => instanceOf(policy, caller) ?? [])];
}

/** The tunnel of one peer of a template; undefined where there is no key for it, or it is not for peers of this name. */
export function instanceOf(policy: TunnelPolicy, { identity, address }: Caller): TunnelPolicy | undefined {
  const { many, ...template } = policy;
  const psk = many === undefined ? undefined : (ownKey(many, identity) ?? many.common);
  const { remote } = template;
  if (psk === undefined || !isExpected(remote, identity)) return undefined;
  const host = (remote.dynamic ?? []).map((one) => ({ ...one, start: address, end: address }));
  return {
    ...template,
    name: instanceName(template.name, identity),
    template: template.name,
    psk,
    remote: { ...remote, identity, selectors: [...host, ...remote.selectors] },
  };
}

/** The same for the same identity, however it is written: `rw@carol.example`. Anything strange in it becomes a digest. */
export function instanceName(template: string, identity: Identity): string {
  // Names are compared without regard to the case of ASCII letters.
  const folded = 'name' in identity ? { ...identity, name: foldAscii(identity.name) } : identity;
  const text = formatIdentity(folded);
  return `${template}@${/^[\w.@:+-]{1,64}$/.test(text) ? text : shortened(text, folded)}`;
}

function shortened(text: string, identity: Identity): string {
  const whole = 'bytes' in identity ? identity.bytes : utf8('name' in identity ? identity.name : text);
  const digest = toHex(hash('sha256', utf8(identity.type), whole)).slice(0, 16);
  return `${text.replace(/[^\w.@:+-]/g, '_').slice(0, 40)}~${digest}`;
}

function ownOf(policy: TunnelPolicy, caller: Caller): TunnelPolicy | undefined {
  const { many, remote } = policy;
  if (many !== undefined) return ownKey(many, caller.identity) === undefined ? undefined : instanceOf(policy, caller);
  return isExpected(remote, caller.identity) ? policy : undefined;
}
