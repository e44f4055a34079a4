import { isTakenUp } from '../ike/version-probe.ts';
import { askPeer, firstMessage, type PeerQuestion } from './peer-question.ts';

/**
 * Asks the peer whether it has the tunnel in that version. Resolves with false where it does not say so in time; never
 * rejects.
 */
export async function asksInVersion(question: PeerQuestion & { readonly version: 1 | 2 }): Promise<boolean> {
  const message = firstMessage(question, question.version);
  if (message === undefined) return false;
  let taken = false;
  await askPeer(question, [message], (answer) => {
    taken = isTakenUp(answer, question.version, message.initiatorSpi);
    return taken;
  });
  return taken;
}
