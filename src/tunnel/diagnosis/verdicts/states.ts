import type { StateCode } from '../codes.ts';
import { NOTHING, type Verdict } from './verdict.ts';

/** Where nothing has failed, and nothing is up either. */
export const STATES: Readonly<Record<StateCode, Verdict>> = {
  disabled: {
    severity: 'waiting',
    verdict: 'the tunnel is not wanted: it is disabled in the configuration, or was taken down',
    here: 'set enabled: true, or connect it with "cygnet up"',
    there: NOTHING,
    keys: [['enabled']],
    faq: [],
    fails: [],
    compares: [],
    tells: 0,
  },
  'waiting-for-peer': {
    severity: 'waiting',
    verdict: 'this end only answers (start: respond), and no peer has called yet',
    here: 'let UDP 500 and UDP 4500 pass the firewall of this end, or set start: initiate',
    there: 'start the tunnel there, towards {ownAddress}',
    keys: [['start']],
    faq: ['8'],
    fails: ['udp-500'],
    compares: [],
    tells: 0,
  },
  'waiting-for-traffic': {
    severity: 'waiting',
    verdict: 'no packet has asked for the tunnel yet (start: on-traffic)',
    here: 'send a packet from {localSubnets} to {remoteSubnets}, or start it with "cygnet up"',
    there: NOTHING,
    keys: [['start']],
    faq: [],
    fails: [],
    compares: [],
    tells: 0,
  },
  connecting: {
    severity: 'waiting',
    verdict: 'an attempt is under way, and nothing has failed yet',
    here: 'ask again in a few seconds',
    there: NOTHING,
    keys: [],
    faq: ['8'],
    fails: [],
    compares: [],
    tells: 0,
  },
};
