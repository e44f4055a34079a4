import { carries } from '../../lab/presets.ts';
import { type End, INITIATED, NET_TO_NET, netToNet, scenariosOf } from '../../lab/public-tests.ts';
import type { Scenario, Section, Step } from '../../lab/scenario.ts';

/** A host of moon's segment beside its gateway, whose packets are to pass as they are. */
const PASSED = '10.1.9.9';
const REMOTE = '10.2.0.0/16';
const shunt = (mode: string, local_ts: string, remote_ts: string): Section => ({
  local_ts,
  remote_ts,
  mode,
  start_action: 'trap',
});

/** The one that passes is wider than the tunnel, and the one that drops is as wide. */
const SHUNTS: Section = {
  children: {
    'local-hosts': shunt('pass', '10.1.9.0/24', '0.0.0.0/0'),
    'last-resort': shunt('drop', '10.1.0.0/16', REMOTE),
  },
};

function withShunts(end: End): End {
  const connections = { ...(end.swanctl.connections as Section), shunts: SHUNTS };
  return { ...end, swanctl: { ...end.swanctl, connections } };
}

const { a: moon, b: sun } = netToNet({});

const ping = (source: string): Step => ({
  do: 'show',
  on: 'a',
  command: ['sh', '-c', `ping -n -c 1 -W 1 -I ${source} 10.2.0.1 || true`],
});
/** Past the tunnel's own route, which leads to the peer on the link and to nobody beyond. */
const ROUTED: Step = { do: 'show', on: 'a', command: ['ip', 'route', 'add', '10.2.0.1/32', 'via', '192.0.2.254'] };
const ECHO = 'icmp[icmptype] == icmp-echo';

export default scenariosOf({
  name: 'shunt-policies',
  title: 'what is to pass does, tunnel or not, and the rest is dropped where there is no tunnel',
  rfc: ['RFC 4301 §4.4.1'],
  topology: { ...NET_TO_NET, a: { ...NET_TO_NET.a, inner: ['10.1.0.1/16', `${PASSED}/16`] } },
  ends: { a: withShunts(moon), b: sun },
  cygnet: ['a', 'b'],
  steps: () => [
    {
      expect: 'swanctl',
      on: 'a',
      of: ['--list-pols', '--raw'],
      matches: [
        'local-hosts.* mode=PASS local-ts=\\[10.1.9.0/24\\] remote-ts=\\[0.0.0.0/0\\]',
        'last-resort.* mode=DROP local-ts=\\[10.1.0.0/16\\] remote-ts=\\[10.2.0.0/16\\]',
      ],
    },
    ping('10.1.0.1'),
    { expect: 'never-captured', filter: ECHO },
    ...INITIATED,
    ...carries(),
    ROUTED,
    ping(PASSED),
    { expect: 'captured', filter: `${ECHO} and src host ${PASSED}`, atLeast: 1 },
    { do: 'down', on: 'a' },
    ping('10.1.0.1'),
    { expect: 'never-captured', filter: `${ECHO} and src host 10.1.0.1` },
    { do: 'ask', on: 'a', of: ['--uninstall', '--child', 'last-resort'] },
    ping('10.1.0.1'),
    { expect: 'captured', filter: `${ECHO} and src host 10.1.0.1`, atLeast: 1 },
    { do: 'ask', on: 'a', of: ['--install', '--child', 'last-resort'] },
    { expect: 'swanctl', on: 'a', of: ['--list-pols', '--drop'], matches: ['shunts/last-resort, DROP'] },
  ],
}) satisfies readonly Scenario[];
