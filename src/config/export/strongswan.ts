import { formatProposal } from '../../sa/proposal.ts';
import type { EndView, TunnelView } from './tunnel-view.ts';
import { addressText, segmentPairs } from './tunnel-view.ts';

// What ipsec.conf and swanctl.conf of strongSwan have in common; both take our notation of proposals as it is.

/** `aes128-sha1-modp1024,...` */
export function proposalTexts(proposals: TunnelView['ikeProposals']): string {
  return proposals.map(formatProposal).join(',');
}

/** The address to use, and those that the other end may come from; undefined where it is any. */
export function endAddresses(end: EndView): string | undefined {
  return end.address.kind === 'any' ? undefined : [addressText(end, ''), ...end.alternatives].join(',');
}

/** IKEv1 has one pair of segments for each Child SA (RFC 2409 §5.5), IKEv2 all of them in one. */
export function childSegments(view: TunnelView): readonly { readonly local: string; readonly remote: string }[] {
  return view.version === 1
    ? segmentPairs(view)
    : [{ local: view.local.subnets.join(','), remote: view.remote.subnets.join(',') }];
}

export function strongswanNotes(view: TunnelView): string[] {
  const { local, version, mode } = view;
  const behindNat = `where this host is behind a NAT, the local address is its own one and not ${addressText(local, '')}`;
  return [
    ...(local.address.kind === 'address' ? [behindNat] : []),
    ...(version === 1 && mode === 'aggressive'
      ? [
          'as a responder, strongSwan wants i_dont_care_about_security_and_use_aggressive_mode_psk = yes in strongswan.conf',
        ]
      : []),
  ];
}
