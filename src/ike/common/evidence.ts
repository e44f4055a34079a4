import { formatIdentity, type Identity } from '../../sa/identity.ts';
import { formatProposal, type Proposal } from '../../sa/proposal.ts';
import type { MismatchType } from '../../sa/suite-selection.ts';
import { formatSelector, type TrafficSelector } from '../../sa/traffic-selector.ts';

/**
 * What was seen on the wire behind a reason, for whoever has to find out which end is to be changed: plain, bounded data.
 * What a peer wrote is cut, and becomes harmless where it is shown. Whether anybody has proven to have sent it follows
 * from the exchange; until the AUTH or HASH payload of a peer is verified, it is a claim.
 */
export type Evidence = {
  /** The notification with which the peer refuses; without one it is we who refuse, or nobody says anything. */
  readonly notify?: string;
  /** The exchange that it was about, where the same notification means different things. */
  readonly exchange?: 'IKE_AUTH' | 'CREATE_CHILD_SA' | 'Quick Mode';
  /** The key exchange method that the peer wants, by its number. */
  readonly group?: number;
  /** What the peer offers, in strongSwan's notation behind the protocol of each: `esp aes128-sha1`. */
  readonly proposals?: readonly string[];
  /** What of them fits nothing of ours. */
  readonly mismatch?: MismatchType;
  /** What the peer calls itself. */
  readonly identity?: string;
  /** What the peer calls us. */
  readonly asked?: string;
  /** What the peer says of our segments (`local`) and of its own. */
  readonly selectors?: { readonly local: readonly string[]; readonly remote: readonly string[] };
  readonly version?: 1 | 2;
  readonly mode?: 'main' | 'aggressive';
  /** The peer wants to authenticate in another way than with a pre-shared key. */
  readonly method?: 'eap';
  /**
   * `unreadable`: what came cannot be read with our keys. `silent`: nothing came. `shown`: the peer said it under keys that
   * only the holder of the pre-shared key has.
   */
  readonly proof?: 'unreadable' | 'silent' | 'shown';
  /** The UDP port of the peer that is silent. */
  readonly port?: number;
};

/** How many items of a list are kept. */
const MAX_ITEMS = 8;

const MAX_TEXT = 160;

export function proposalTexts(proposals: readonly Proposal[]): string[] {
  return bounded(proposals.map((proposal) => `${proposal.protocol} ${formatProposal(proposal)}`));
}

/** `local` is what the peer says of our end. */
export function selectorsSeen(
  local: readonly TrafficSelector[],
  remote: readonly TrafficSelector[],
): Pick<Evidence, 'selectors'> {
  return { selectors: { local: bounded(local.map(formatSelector)), remote: bounded(remote.map(formatSelector)) } };
}

export function identitySeen(identity: Identity, asked?: Identity): Pick<Evidence, 'identity' | 'asked'> {
  return {
    identity: formatIdentity(identity),
    ...(asked === undefined ? {} : { asked: formatIdentity(asked) }),
  };
}

function bounded(texts: readonly string[]): string[] {
  return [...new Set(texts)].slice(0, MAX_ITEMS).map((text) => text.slice(0, MAX_TEXT));
}
