import { diagnoses } from '../../lab/diagnoses.ts';
import { AGGRESSIVE, MAIN } from '../../lab/presets.ts';

const OUR_PAIR = 'local 10.23.0.0/16, remote 10.0.192.0/20';

/** Every cause of the platform's FAQ, questions 6 to 8, with a strongSwan that is misconfigured in that one way. */
export default diagnoses([
  {
    name: 'psk',
    title: 'the pre-shared keys differ',
    faq: ['6 (1)'],
    link: { psk: 'another.1231' },
    initiator: { main: { code: 'psk-mismatch' }, aggressive: { code: 'psk-mismatch' } },
    responder: { v2: { code: 'psk-mismatch' }, main: { code: 'psk-mismatch' }, aggressive: { code: 'psk-mismatch' } },
  },
  {
    name: 'psk-told',
    title: 'the pre-shared keys differ, and strongSwan only says that authentication has failed',
    faq: ['6 (1)', '6 (3)'],
    link: { psk: 'another.1231' },
    initiator: { v2: { code: 'psk-or-identity-mismatch', says: ['AUTHENTICATION_FAILED from 113.31.113.78'] } },
  },
  {
    name: 'version-1',
    title: 'strongSwan has IKEv1',
    faq: ['6 (2)'],
    algorithms: MAIN,
    initiator: { v2: { code: 'version-mismatch', says: ['set ike.version: 1', 'asked in IKEv1'] } },
    responder: { v2: { code: 'version-mismatch', says: ['set ike.version: 1'] } },
  },
  {
    name: 'version-2',
    title: 'strongSwan has IKEv2',
    faq: ['6 (2)'],
    cygnet: MAIN,
    initiator: { v2: { code: 'version-mismatch', says: ['set ike.version: 2', 'asked in IKEv2'] } },
    responder: { v2: { code: 'version-mismatch', says: ['set ike.version: 2'] } },
  },
  {
    name: 'version-1-aggressive',
    title: 'strongSwan has IKEv1 in Aggressive Mode, and says nothing in IKEv2',
    faq: ['6 (2)'],
    algorithms: AGGRESSIVE,
    initiator: { v2: { code: 'version-mismatch', says: ['set ike.version: 1'] } },
  },
  {
    name: 'mode',
    title: 'strongSwan is configured for Aggressive Mode',
    faq: ['6 (2)'],
    algorithms: AGGRESSIVE,
    responder: { main: { code: 'mode-mismatch', says: ['set ike.mode: aggressive'] } },
  },
  {
    name: 'mode-main',
    title: 'strongSwan is configured for Main Mode',
    faq: ['6 (2)'],
    algorithms: MAIN,
    responder: { aggressive: { code: 'mode-mismatch', says: ['set ike.mode: main'] } },
  },
  {
    name: 'mode-told',
    title: 'strongSwan is configured for the other mode, and only says that authentication has failed',
    faq: ['6 (2)', '6 (3)'],
    algorithms: AGGRESSIVE,
    initiator: { main: { code: 'mode-or-identity-mismatch', says: ['ike.mode'] } },
  },
  {
    name: 'id-theirs',
    title: "strongSwan's identity is not the configured one",
    faq: ['6 (3)'],
    link: { remoteId: 'somebody.example.net' },
    initiator: {
      main: { code: 'peer-identity-mismatch', says: ['set remote.id: somebody.example.net'] },
      aggressive: { code: 'peer-identity-mismatch', says: ['set remote.id: somebody.example.net'] },
    },
    responder: {
      v2: { code: 'peer-identity-mismatch', says: ['peer: somebody.example.net', 'here: 113.31.113.78'] },
      main: { code: 'peer-identity-mismatch', says: ['the peer calls itself somebody.example.net'] },
      aggressive: { code: 'peer-identity-mismatch', says: ['set remote.id: somebody.example.net'] },
    },
  },
  {
    name: 'id-theirs-told',
    title:
      "strongSwan's identity is not the configured one, and it does not say more than that authentication has failed",
    faq: ['6 (1)', '6 (3)'],
    link: { remoteId: 'somebody.example.net' },
    initiator: { v2: { code: 'psk-or-identity-mismatch' } },
  },
  {
    name: 'id-ours',
    title: 'strongSwan expects another identity of Cygnet',
    faq: ['6 (3)'],
    link: { localId: 'somebody.example.com' },
    responder: { v2: { code: 'own-identity-mismatch', says: ['set local.id: somebody.example.com'] } },
  },
  {
    name: 'id-ours-told',
    title: 'strongSwan expects another identity of Cygnet, and only says that authentication has failed',
    faq: ['6 (2)', '6 (3)'],
    link: { localId: 'somebody.example.com' },
    initiator: { main: { code: 'mode-or-identity-mismatch' }, aggressive: { code: 'mode-or-identity-mismatch' } },
  },
  {
    name: 'ike-encryption',
    title: 'encryption and authentication of stage 1 differ',
    faq: ['6 (4)'],
    algorithms: { ike: 'aes256-sha256-modp1024' },
    responder: {
      v2: { code: 'ike-proposal-mismatch', says: ['set ike.encryption: aes256, ike.authentication: sha256'] },
      main: { code: 'ike-proposal-mismatch', says: ['peer: ike aes256-sha256-modp1024'] },
      aggressive: { code: 'ike-proposal-mismatch', says: ['encryption: here aes128, there aes256'] },
    },
  },
  {
    name: 'ike-group',
    title: 'the DH groups of stage 1 differ',
    faq: ['6 (4)'],
    algorithms: { ike: 'aes128-sha1-modp2048' },
    responder: {
      v2: { code: 'dh-group-mismatch', says: ['set ike.dhGroup: 14'] },
      main: { code: 'dh-group-mismatch', says: ['set ike.dhGroup: 14'] },
    },
  },
  {
    name: 'ike-told',
    title: 'strongSwan accepts no proposal of stage 1, and does not say which would do',
    faq: ['6 (4)', '6 (2)'],
    algorithms: { ike: 'aes256-sha256-modp2048' },
    initiator: {
      v2: { code: 'ike-proposals-refused', says: ['NO_PROPOSAL_CHOSEN from 113.31.113.78'] },
      main: { code: 'ike-proposals-refused', says: ['here: ike aes128-sha1-modp1024'] },
      aggressive: { code: 'ike-proposals-refused' },
    },
  },
  {
    name: 'silence',
    title: 'nobody answers',
    faq: ['6 (5)', '8'],
    alone: true,
    initiator: {
      v2: { code: 'no-answer', says: ['✖ UDP 500 is silent', 'no answer to'] },
      main: { code: 'no-answer', says: ['let UDP 500 and UDP 4500 pass'] },
      aggressive: { code: 'no-answer' },
    },
  },
  {
    name: 'port-4500',
    title: 'a firewall drops UDP 4500',
    faq: ['8'],
    topology: { drops: ['-p udp --dport 4500'] },
    initiator: { v2: { code: 'port-4500-blocked', says: ['✔ UDP 500 answers', '✖ UDP 4500 is silent'] } },
  },
  {
    name: 'port-4500-nat',
    title: 'a firewall drops UDP 4500, which NAT makes necessary',
    faq: ['8', '6 (1)'],
    topology: { drops: ['-p udp --dport 4500'], natOfA: '106.75.234.99' },
    link: { local: '106.75.234.99' },
    initiator: { main: { code: 'psk-or-port-4500', says: ['this end behind NAT'] } },
  },
  {
    name: 'nobody-calls',
    title: 'nobody calls',
    faq: ['8'],
    alone: true,
    responder: { v2: { code: 'waiting-for-peer', says: ['start the tunnel there'] } },
  },
  {
    name: 'segments',
    title: 'the segments have nothing in common',
    faq: ['7 (1)'],
    link: { localSubnets: ['10.99.0.0/24'], remoteSubnets: ['10.98.0.0/24'] },
    initiator: {
      v2: { code: 'segments-refused', says: ['TS_UNACCEPTABLE from 113.31.113.78', OUR_PAIR] },
      main: { code: 'segments-refused', says: ['INVALID-ID-INFORMATION from 113.31.113.78', OUR_PAIR] },
    },
    responder: {
      v2: { code: 'segments-mismatch', says: ['for our end the peer has 10.99.0.0/24', 'peer: 10.98.0.0/24'] },
      main: { code: 'segments-mismatch', says: ['for its own end the peer has 10.98.0.0/24'] },
    },
  },
  {
    name: 'segments-swapped',
    title: 'the segments of strongSwan are swapped',
    faq: ['7 (1)'],
    link: { localSubnets: ['10.23.0.0/16'], remoteSubnets: ['10.0.192.0/20'] },
    responder: {
      v2: { code: 'segments-mismatch', says: ['the two sides are swapped'] },
      main: { code: 'segments-mismatch', says: ['the two sides are swapped'] },
    },
  },
  {
    name: 'protocol',
    title: 'strongSwan has AH',
    faq: ['7 (2)'],
    algorithms: { ah: 'sha1' },
    responder: {
      v2: { code: 'ipsec-protocol-mismatch', says: ['set ipsec.protocol: ah'] },
      main: { code: 'ipsec-protocol-mismatch', says: ['the peer has ah, this end esp'] },
    },
  },
  {
    name: 'esp',
    title: 'encryption and authentication of stage 2 differ',
    faq: ['7 (3)'],
    algorithms: { esp: 'aes256-sha256-modp1024' },
    responder: {
      v2: { code: 'ipsec-proposal-mismatch', says: ['set ipsec.encryption: aes256, ipsec.authentication: sha256'] },
      main: { code: 'ipsec-proposal-mismatch', says: ['encryption: here aes128, there aes256'] },
    },
  },
  {
    name: 'esp-told',
    title: 'strongSwan accepts no proposal of stage 2, and does not say which would do',
    faq: ['7 (2)', '7 (3)'],
    algorithms: { esp: 'aes256-sha256-modp1024' },
    initiator: { v2: { code: 'ipsec-proposals-refused' }, main: { code: 'ipsec-proposals-refused' } },
  },
  {
    name: 'pfs',
    title: 'the PFS groups differ',
    faq: ['7 (3)'],
    algorithms: { esp: 'aes128-sha1-modp2048' },
    responder: { main: { code: 'pfs-mismatch', says: ['DH group: here 2 (modp1024), there 14 (modp2048)'] } },
  },
]);
