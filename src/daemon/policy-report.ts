import { toHex } from '../base/bytes.ts';
import type { Secret } from '../base/secret.ts';
import { SECOND } from '../base/time.ts';
import { formatPeerPlaces } from '../config/summary.ts';
import type { PolicyReport } from '../control/protocol.ts';
import type { Many, PostQuantumKey, TunnelPolicy } from '../ike/common/policy.ts';
import { formatIdentity } from '../sa/identity.ts';
import { formatExpected } from '../sa/identity-pattern.ts';
import { formatProposal } from '../sa/proposal.ts';
import { formatSelector } from '../sa/traffic-selector.ts';
import { formatUpperLayer } from '../sa/upper-layer.ts';
import { policyChoices } from './policy-choices.ts';

/** What `cygnet show` tells of a tunnel's configuration. The keys are in it only where the operator asked for it. */
export function policyReport(policy: TunnelPolicy, options: { readonly reveal: boolean }): PolicyReport {
  return {
    local: {
      address: policy.local.address,
      id: formatIdentity(policy.local.identity),
      subnets: policy.local.selectors.map(formatSelector),
    },
    remote: {
      address: formatPeerPlaces(policy.remote).join(', '),
      id:
        policy.remote.identity === undefined && policy.remote.pattern === undefined
          ? null
          : formatExpected(policy.remote),
      subnets: [
        ...policy.remote.selectors.map(formatSelector),
        ...(policy.remote.dynamic ?? []).map((one) => `dynamic${formatUpperLayer(one)}`),
      ],
    },
    psk: options.reveal ? commonKey(policy) : null,
    ...(policy.many === undefined ? {} : { peers: peersReport(policy.many, options) }),
    ppk: policy.ppk === undefined ? null : ppkReport(policy.ppk, options),
    start: policy.start,
    ike: {
      version: policy.version,
      mode: policy.version === 1 ? policy.mode : null,
      proposals: policy.ikeProposals.map(formatProposal),
      lifetime: policy.ikeLifetime / SECOND,
      rekey: policy.ikeRekey === undefined ? null : policy.ikeRekey.after / SECOND,
    },
    ipsec: {
      protocol: policy.childProtocol,
      mode: policy.childMode ?? 'tunnel',
      encapsulation: policy.encapsulation ?? 'auto',
      proposals: policy.childProposals.map(formatProposal),
      lifetime: policy.childLifetime / SECOND,
      rekey: childRekeyOf(policy),
    },
    more: policyChoices(policy),
    dpd: { ...policy.dpd, delay: policy.dpd.delay / SECOND, timeout: policy.dpd.timeout / SECOND },
    retry: { attempts: policy.retry.attempts, interval: policy.retry.interval / SECOND },
    routes: policy.routes,
    blockClearText: policy.blockClearText,
  };
}

function childRekeyOf({ childRekey: rekey }: TunnelPolicy): PolicyReport['ipsec']['rekey'] {
  return typeof rekey === 'object' ? rekey.after / SECOND : (rekey ?? null);
}

function peersReport(
  { keys, common, limit }: Many,
  { reveal }: { readonly reveal: boolean },
): NonNullable<PolicyReport['peers']> {
  return {
    limit,
    others: common !== undefined,
    keys: keys.map(({ identity, psk }) => ({ id: formatIdentity(identity), psk: reveal ? keyText(psk) : null })),
  };
}

function commonKey({ psk, many }: TunnelPolicy): string | null {
  if (many === undefined) return keyText(psk);
  return many.common === undefined ? null : keyText(many.common);
}

function ppkReport(
  { id, required, secret }: PostQuantumKey,
  { reveal }: { readonly reveal: boolean },
): NonNullable<PolicyReport['ppk']> {
  return { id, secret: reveal ? keyText(secret) : null, required };
}

/** As it could be written in the configuration: itself where it can be typed, else hexadecimal. */
function keyText(key: Secret): string {
  const bytes = key.expose();
  const typed = bytes.every((byte) => byte > 0x20 && byte < 0x7f);
  return typed ? String.fromCharCode(...bytes) : `0x${toHex(bytes)}`;
}
