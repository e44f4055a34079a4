import type { Lab } from '../lab.ts';
import { poll } from '../poll.ts';
import { PING_PATTERN } from '../scenario.ts';

/** IPsec, IKE, NAT traversal, and what two hosts on a link need to find each other. */
const IPSEC = 'esp or ah or udp port 500 or udp port 4500 or arp or ip6 multicast or (icmp6 and ip6[40] >= 133)';
/** That nobody listens yet on a port of IKE, told to the one who sent there; the quoted packet is a UDP one. */
const NOT_LISTENING = '(icmp[0:2] = 0x0303 and icmp[17] = 17) or (icmp6 and ip6[40:2] = 0x0104 and ip6[54] = 17)';
/** ESP by itself or in UDP (RFC 3948: on port 4500 without the zero marker), or AH. */
const PROTECTED = 'esp or ah or (udp port 4500 and udp[8:4] != 0 and udp[4:2] > 9)';

/** Only protected traffic crossed the wire. Fragments of it count as it. */
export async function expectSealed(lab: Lab, authenticatedOnly: boolean): Promise<void> {
  await expectCaptured(lab, PROTECTED, 2);
  const { capture } = lab;
  const others = await capture.packets(`not (${IPSEC} or ${NOT_LISTENING}) and not (ip[6:2] & 0x1fff != 0)`);
  if (others.length > 0) throw new Error(`on the wire outside IPsec: ${others[0]}`);
  if (!authenticatedOnly && capture.contains(PING_PATTERN)) throw new Error('clear text of the pings on the wire');
}

export async function expectNeverCaptured({ capture }: Lab, filter: string): Promise<void> {
  const [first] = await capture.packets(filter);
  if (first !== undefined) throw new Error(`on the wire: ${first}`);
}

export async function expectCaptured(lab: Lab, filter: string, atLeast: number): Promise<void> {
  await poll(async () => {
    const { length } = await lab.capture.packets(filter);
    return length >= atLeast
      ? { value: true }
      : { unmet: `the wire carried ${length} packets of "${filter}", expected ${atLeast}` };
  }, 10_000);
}
