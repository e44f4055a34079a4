import type { Reason } from '../control/protocol.ts';

/** What to look at next, for each reason that a tunnel is not up. */
const ADVICE: Readonly<Record<Reason['code'], string>> = {
  'no-response': "check the peer's address, and that UDP 500 and 4500 pass the firewalls at both ends",
  'no-proposal-chosen':
    'compare ike and ipsec encryption, authentication, dhGroup and pfs with the other end: they must be the same there',
  'key-exchange-mismatch': 'set ike.dhGroup (stage 1) or ipsec.pfs (stage 2) to the group that the other end uses',
  'authentication-failed': 'compare the psk, then local.id and remote.id, with the other end',
  'peer-identity-mismatch': 'set remote.id to what the peer calls itself, or change the id at the other end',
  'traffic-selectors-unacceptable':
    "compare local.subnets and remote.subnets with the other end: its local segments are this end's remote ones",
  'child-refused': 'compare ipsec and the subnets with the other end; its log tells what it did not like',
  'mode-mismatch':
    'set ike.mode (main or aggressive) or ipsec.mode (tunnel or transport) to what the other end uses, by what is told',
  'version-mismatch': 'set ike.version to the one that the other end speaks',
  'ppk-mismatch': 'compare ppk.id at both ends; with ppk.required: false the tunnel comes up without it',
  'protocol-error': "look at the other end's log; if that tells nothing, this is worth a bug report",
  'kernel-refused':
    'check that the kernel has ESP (modules esp4, esp6, xfrm_user) and the algorithm that is named; where the daemon carries the packets itself, that there is /dev/net/tun',
  'peer-closed': "look at the other end's log: it has ended the tunnel",
  'peer-unresponsive': 'check that the other end is alive and reachable',
  'peer-restarted': 'the tunnel is set up anew; if that happens often, look at the log of the other end',
  terminated: 'connect it again with "cygnet up"',
  expired: 'compare the lifetimes with the other end',
  replaced: 'nothing is to be done: a newer connection with the same peer has taken its place',
  'address-gone': 'nothing is to be done if this gateway has another address: the tunnel connects from that one',
  'unresolved-peer': "check the peer's DNS name and this machine's resolver",
  'no-traffic': 'send a packet from a local segment to one of the peer\'s, or start it with "cygnet up"',
  'awaiting-turn': 'nothing is to be done: its turn comes within moments',
  'too-many': 'too many connections are half-open; wait, or look for who opens them in the log',
  'internal-error': "this is a bug: report it with the daemon's log",
};

/** Undefined for a code that is newer than this client. */
export function adviceFor(code: string): string | undefined {
  return Object.hasOwn(ADVICE, code) ? ADVICE[code as Reason['code']] : undefined;
}
