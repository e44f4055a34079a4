import type { KeyRule } from './key-rules.ts';
import { CERTIFICATES, EAP, note, oneOf, refuse, used } from './key-rules.ts';

/** The rule of a key in a conn; undefined where neither strongSwan nor its forerunners know it. */
export function connKeyRule(key: string): KeyRule | undefined {
  const end = /^(?:left|right)(.*)$/.exec(key)?.[1];
  return end === undefined ? CONN.get(key) : END.get(end);
}

const KERNEL_DECIDES = 'the routes of the kernel decide';
const LOCAL_TIMING = 'Cygnet chooses its own time before the end of the lifetime';
const OPENSWAN = 'it is of Openswan and libreswan';

const CONN: ReadonlyMap<string, KeyRule> = new Map<string, KeyRule>([
  ...[
    'keyexchange',
    'ikev2',
    'aggressive',
    'aggrmode',
    'authby',
    'auto',
    'ike',
    'esp',
    'ah',
    'type',
    'phase2',
    'phase2alg',
    'pfs',
    'ikelifetime',
    'lifetime',
    'keylife',
    'salifetime',
    'lifebytes',
    'lifepackets',
    'keyingtries',
    'reauth',
    'mobike',
    'forceencaps',
    'encapsulation',
    'dpddelay',
    'dpdtimeout',
    'dpdaction',
  ].map((key) => [key, used] as const),
  ['sha256_96', refuse('the truncation of SHA-256 to 96 bits is not supported; only that of RFC 4868', 'no')],
  ['xauth', refuse(EAP)],
  ['xauth_identity', refuse(EAP)],
  ['eap', refuse(EAP)],
  ['eap_identity', refuse(EAP)],
  ['aaa_identity', refuse(EAP)],
  ['mediation', refuse('mediated connections are not supported', 'no')],
  ['mediated_by', refuse('mediated connections are not supported')],
  ['me_peerid', refuse('mediated connections are not supported')],
  ['rekeymargin', note(LOCAL_TIMING)],
  ['margintime', note(LOCAL_TIMING)],
  ['marginbytes', note(LOCAL_TIMING)],
  ['marginpackets', note(LOCAL_TIMING)],
  ['rekeyfuzz', note(LOCAL_TIMING)],
  ['rekey', note('SAs are always replaced before their lifetimes end', 'yes')],
  ['compress', note('IPComp is not done', 'no')],
  ['installpolicy', note('policies are always installed', 'yes')],
  ['fragmentation', note('messages are fragmented where the peer can do it', 'yes', 'accept')],
  ['ikedscp', note('IKE messages are not marked')],
  ['closeaction', oneOf('none', 'clear', 'hold', 'restart')],
  ['inactivity', note('idle tunnels stay')],
  ['modeconfig', note('virtual addresses are not supported')],
  ['reqid', note('the kernel policies have numbers of their own')],
  ['replay_window', note('the window of Cygnet stands')],
  ['mark', note('traffic is not marked: the segments alone decide')],
  ['mark_in', note('traffic is not marked: the segments alone decide')],
  ['mark_out', note('traffic is not marked: the segments alone decide')],
  ['tfc', note('packets are not padded')],
  ['pfsgroup', note(`${OPENSWAN}; the group stands in esp`)],
  ['retransmit-interval', note(OPENSWAN)],
  ['nat-ikev1-method', note(OPENSWAN)],
  ['overlapip', note(OPENSWAN)],
  ['metric', note(OPENSWAN)],
  ['mtu', note(OPENSWAN)],
  ['priority', note(OPENSWAN)],
  ['narrowing', note(OPENSWAN)],
  ['ike_frag', note(OPENSWAN)],
  ['sha2-truncbug', refuse('the truncation of SHA-256 to 96 bits is not supported; only that of RFC 4868', 'no')],
  ['connaddrfamily', note(OPENSWAN)],
  ['vti-interface', note(OPENSWAN)],
  ['vti-routing', note(OPENSWAN)],
  ['ipsec-interface', note(OPENSWAN)],
]);

/** Behind `left` or `right`. */
const END: ReadonlyMap<string, KeyRule> = new Map<string, KeyRule>([
  ...['', 'id', 'subnet', 'subnets', 'subnetwithin', 'protoport', 'auth', 'allowany'].map(
    (key) => [key, used] as const,
  ),
  ['auth2', refuse(EAP)],
  ['id2', refuse(EAP)],
  ['cert', note('a certificate is not used with a pre-shared key')],
  ['cert2', refuse(CERTIFICATES)],
  ['ca', note('a certificate is not used with a pre-shared key')],
  ['ca2', refuse(CERTIFICATES)],
  ['sigkey', note('a public key is not used with a pre-shared key')],
  ['rsasigkey', note('a public key is not used with a pre-shared key')],
  ['sendcert', note('a certificate is not used with a pre-shared key', 'never', 'no', 'ifasked')],
  ['certpolicy', refuse(CERTIFICATES)],
  ['groups', refuse(CERTIFICATES)],
  ['groups2', refuse(CERTIFICATES)],
  ['nexthop', note(KERNEL_DECIDES)],
  ['sourceip', note('virtual addresses are not supported; routes need none')],
  ['dns', note('virtual addresses are not supported')],
  ['firewall', note('no firewall is touched', 'no')],
  ['hostaccess', note('no firewall is touched', 'no')],
  ['updown', note('no script is run')],
  ['ikeport', note('IKE is at UDP 500 and 4500', '500')],
  ['send_cert', note('a certificate is not used with a pre-shared key')],
]);

/** For the nearest word to one that nobody knows. */
export const CONN_KEYS: readonly string[] = [
  ...CONN.keys(),
  ...[...END.keys()].flatMap((end) => [`left${end}`, `right${end}`]),
];
