import type { Tunnel } from '../configuration.ts';
import type { LoadMessage } from './message-section.ts';
import { textValue } from './message-section.ts';

/**
 * `version = 0`, the default, answers IKEv1 as well, and begins in IKEv2. A tunnel of ours has one version: for IKEv1
 * there is a second one beside it, which never begins anything.
 */

/**
 * What the connection says for IKEv1; undefined where it is for one version alone. A post-quantum key that is required
 * keeps IKEv1 out, which knows none (RFC 8784 is of IKEv2 only): it would be the way around it.
 */
export function ikev1Message(message: LoadMessage): LoadMessage | undefined {
  const version = textValue(message.get('version'));
  if (version !== undefined && version !== '' && version !== '0') return undefined;
  if (YES.has(textValue(message.get('ppk_required')) ?? '')) return undefined;
  const kept = [...message].filter(([key]) => !OF_IKEV2.has(key));
  return new Map([...kept, ['version', '1']]);
}

/** A tunnel of IKEv1 as what stands beside the one of IKEv2. */
export function besideV2({ name, policy, ...tunnel }: Tunnel): Tunnel {
  const { closeAction: _, ...rest } = policy;
  const { connection = name, child = name } = tunnel.loaded ?? {};
  const own = `${connection}/${child}/ikev1`;
  return {
    ...tunnel,
    name: own,
    policy: { ...rest, name: own, besideV2: true, start: 'respond', dpd: { ...policy.dpd, action: 'clear' } },
  };
}

const OF_IKEV2: ReadonlySet<string> = new Set(['version', 'unique', 'childless', 'mobike', 'ppk_id', 'ppk_required']);
const YES: ReadonlySet<string> = new Set(['yes', 'true', 'enabled', '1']);
