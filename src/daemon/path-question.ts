import { addressFamily } from '../base/net.ts';
import { isAnswer } from '../ike/version-probe.ts';
import { askPeer, firstMessage, type PeerQuestion } from './peer-question.ts';

/** What every path carries that takes Ethernet's frames; IP and UDP have their part of it. */
const USUAL_PACKET = 1_500;
const HEADERS = { 4: 20 + 8, 6: 40 + 8 } as const;
const PAYLOAD_HEADER = 4;

/**
 * Asks the peer twice at once, with a small packet and with one of 1500 bytes, which the kernel forbids to fragment. Where
 * routers tell that it is too large, it is sent again in fragments (RFC 1191 §6, RFC 8201 §5), so that only a path that drops
 * it in silence loses it. Undefined where not even the small one is answered in time; never rejects.
 */
export async function asksWithLargePacket(question: PeerQuestion): Promise<'answered' | 'lost' | undefined> {
  const { policy, remote } = question;
  const small = firstMessage(question, policy.version);
  if (small === undefined) return undefined;
  const room = USUAL_PACKET - HEADERS[addressFamily(remote.address)] - small.bytes.length - PAYLOAD_HEADER;
  const large = firstMessage(question, policy.version, Math.max(0, room));
  if (large === undefined) return undefined;
  const answered = { small: false, large: false };
  await askPeer(question, [small, large], (answer) => {
    if (isAnswer(answer, small.initiatorSpi)) answered.small = true;
    if (isAnswer(answer, large.initiatorSpi)) answered.large = true;
    return answered.large;
  });
  if (answered.large) return 'answered';
  return answered.small ? 'lost' : undefined;
}
