import type { Lab } from '../lab.ts';
import { sendInClear } from '../router.ts';
import { inNamespace, must } from '../shell.ts';
import { segmentHosts, sourceNamespace } from '../topology.ts';
import { expectCaptured } from './wire.ts';

/** The router sends pings in clear to the first segment of a, as from that of b; none of them may reach the host there. */
export async function expectKeptOut(lab: Lab): Promise<void> {
  const { topology } = lab.scenario;
  const [[target = ''], [source = '']] = [segmentHosts(topology.a), segmentHosts(topology.b)];
  const host = sourceNamespace('a', topology);
  const before = await echoRequests(host);
  await sendInClear({ source, target, via: lab.addressOf('a'), count: COUNT });
  await expectCaptured(lab, `icmp[icmptype] = icmp-echo and src host ${source}`, COUNT);
  const came = (await echoRequests(host)) - before;
  if (came > 0) throw new Error(`of ${COUNT} pings in clear from ${source}, ${came} reached ${target}`);
}

const COUNT = 3;

/** How many have come to a namespace so far. */
async function echoRequests(namespace: string): Promise<number> {
  const text = await must(inNamespace(namespace, ['cat', '/proc/net/snmp']));
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('Icmp:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('InEchos')] ?? 0);
}
