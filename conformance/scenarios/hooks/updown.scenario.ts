import { carries, cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const FILE = '/run/tmp/told';

/** An updown script; it begins the file anew, as the lab may play the scenario twice. */
const script = [
  `case $PLUTO_VERB in up-*) : >${FILE};; esac`,
  `echo "$PLUTO_VERB $PLUTO_CONNECTION $PLUTO_ME $PLUTO_MY_CLIENT $PLUTO_PEER $PLUTO_PEER_ID $PLUTO_PEER_CLIENT" >>${FILE}`,
].join('; ');

const [local, remote] = [FROM_A.localSubnets[0], FROM_A.remoteSubnets[0]];
const told = (verb: string) => `${verb} idc ${FROM_A.local} ${local} ${FROM_A.remote} ${FROM_A.remoteId} ${remote}`;

export default {
  title: 'a hook is told of a pair when it comes up, not when strongSwan rekeys it, and when it is gone',
  rfc: ['RFC 7296 §2.8', 'RFC 7296 §1.4.1'],
  topology: direct,
  a: { cygnet: cygnet(FROM_A, { start: 'respond', hooks: [{ run: ['/bin/sh', '-c', script] }] }) },
  b: { strongswan: swanctl(mirrored(), { child: { start_action: 'start' } }) },
  start: ['a', 'b'],
  steps: [
    { expect: 'connected', on: 'both' },
    { expect: 'file', path: FILE, lines: [told('up-client')] },
    { do: 'remember-spis' },
    { do: 'rekey', on: 'b', what: 'children' },
    { expect: 'spis', of: 'children', are: 'new' },
    ...carries(),
    { do: 'rekey', on: 'b', what: 'ike' },
    { expect: 'spis', of: 'ike', are: 'new' },
    { expect: 'file', path: FILE, lines: [told('up-client')] },
    { do: 'down', on: 'b' },
    { expect: 'file', path: FILE, lines: [told('up-client'), told('down-client')] },
    { do: 'up', on: 'b' },
    { expect: 'file', path: FILE, lines: [told('up-client')] },
    { do: 'stop', on: 'a' },
    { expect: 'file', path: FILE, lines: [told('up-client'), told('down-client')] },
  ],
} satisfies Scenario;
