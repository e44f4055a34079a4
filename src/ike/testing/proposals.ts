import { type Proposal, parseProposal, type SecurityProtocol } from '../../sa/proposal.ts';

/** IKE proposals in strongSwan's notation. */
export function proposals(...texts: readonly string[]): Proposal[] {
  return parsed(texts, 'ike');
}

export function parsed(texts: readonly string[], protocol: SecurityProtocol): Proposal[] {
  return texts.map((text) => {
    const proposal = parseProposal(text, protocol);
    if ('error' in proposal) throw new Error(`${text} ${proposal.error}`);
    return proposal;
  });
}
