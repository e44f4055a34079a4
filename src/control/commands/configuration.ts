import type { Command } from '../command.ts';

/** A file of the configuration may have 4 MiB, and JSON makes more of it. */
const MAX_TEXT_BODY = 6 << 20;

const WRITTEN =
  'It is written to the file of the configuration in which the object stands, with comments kept, and put in force at once. Refused with the code `conflict` where a file has changed since the daemon has read it.';
const ERRORS =
  'Refused with the code `invalid`, and all problems, where the result would not be valid; nothing is changed then.';

/** What changes the configuration. */
export const CONFIGURATION = {
  create: {
    method: 'POST',
    path: '/v1/create/{kind}',
    access: 'admin',
    kind: 'reply',
    summary: 'add a tunnel, gateway or peer to the configuration',
    note: `${WRITTEN} A new one is added to the main file. ${ERRORS}`,
    examples: [
      ['gateway gw2 --set address=192.0.2.1 --set labels.env=prod', 'a gateway'],
      ['peer dc2 --set address=203.0.113.7', 'a peer'],
      [
        'tunnel dc2 --set gateway=gw2 --set peer=dc2 --set local.subnets=10.0.0.0/16 --set remote.subnets=10.1.0.0/16 --set psk=-',
        'a tunnel; the key is read from stdin',
      ],
    ],
    exits: [0, 1, 2, 3, 4, 6],
  },
  edit: {
    method: 'POST',
    path: '/v1/edit/{kind}/{name}',
    access: 'admin',
    kind: 'reply',
    summary: 'change values of a tunnel, gateway or peer',
    note: `${WRITTEN} ${ERRORS}`,
    examples: [
      ['tunnel idc --set ike.dhGroup=14 --set ipsec.pfs=14', 'other algorithms, with new keys at once'],
      ['tunnel idc --set remote.subnets=10.1.0.0/16,10.2.0.0/16', 'one more segment; the first goes on undisturbed'],
      ['tunnel idc --unset retry --dry-run', 'what it would do to go back to the defaults'],
      ['peer idc --set remarks="the new one" --set labels.env=prod', 'touches no tunnel'],
    ],
    exits: [0, 1, 2, 3, 4, 5, 6],
  },
  rename: {
    method: 'POST',
    path: '/v1/rename/{kind}/{name}',
    access: 'admin',
    kind: 'reply',
    summary: 'give a tunnel, gateway or peer another name, without touching a tunnel',
    note: `${WRITTEN} What refers to it follows. ${ERRORS}`,
    examples: [['tunnel idc north', 'its SAs go on']],
    exits: [0, 1, 2, 3, 4, 5, 6],
  },
  delete: {
    method: 'POST',
    path: '/v1/delete/{kind}',
    access: 'admin',
    kind: 'reply',
    summary: 'take tunnels, gateways or peers out of the configuration',
    note: `${WRITTEN} A gateway or peer with tunnels is refused with \`conflict\`; of several, all are deleted or none. ${ERRORS}`,
    examples: [
      ['tunnel idc dc2', 'both are taken down at both ends'],
      ['gateway gw2', 'refused while tunnels use it'],
    ],
    exits: [0, 1, 2, 3, 4, 5, 6],
  },
  plan: {
    method: 'POST',
    path: '/v1/plan',
    access: 'admin',
    maxBody: MAX_TEXT_BODY,
    kind: 'reply',
    summary: 'tell what a changed configuration would do to each tunnel, and do nothing',
    note: ERRORS,
    examples: [
      ['', 'the configuration file as it is now'],
      ['new.yaml', 'this file in its place'],
    ],
    exits: [0, 1, 2, 3, 4, 6],
  },
  apply: {
    method: 'POST',
    path: '/v1/apply',
    access: 'admin',
    maxBody: MAX_TEXT_BODY,
    kind: 'reply',
    summary: 'put a changed configuration in force; what does not differ is not disturbed',
    note: `With a text, the main file is replaced by it. ${ERRORS}`,
    examples: [
      ['', 'the configuration file as it is now; the same as SIGHUP'],
      ['new.yaml', 'put this file in its place'],
    ],
    exits: [0, 1, 2, 3, 4, 6],
  },
} as const satisfies Record<string, Command>;
