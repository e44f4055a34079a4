import { type Proposal, parseProposal } from '../../sa/proposal.ts';

/** IKE proposals in strongSwan's notation. */
export function proposals(...texts: readonly string[]): Proposal[] {
  return texts.map((text) => {
    const parsed = parseProposal(text, 'ike');
    if ('error' in parsed) throw new Error(`${text} ${parsed.error}`);
    return parsed;
  });
}
