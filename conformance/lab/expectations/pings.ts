import { isV6 } from '../address.ts';
import type { Lab } from '../lab.ts';
import { answersOf } from '../ping-stream.ts';
import { poll } from '../poll.ts';
import { PING_PATTERN, type PingExpectation, type SideName } from '../scenario.ts';
import { inNamespace, run } from '../shell.ts';
import { peersOfA, siteOf } from '../sides.ts';
import { segmentHosts, sourceNamespace } from '../topology.ts';

type Ping = { readonly from: SideName; readonly source: string; readonly target: string };

/** Pings between the segments of a and of its peers, in both directions. */
export async function expectPings(lab: Lab, expectation: PingExpectation): Promise<void> {
  const wanted = directions(lab, expectation.allPairs === true).filter(
    ({ from }) => expectation.from === undefined || from === expectation.from,
  );
  // Those that are to be lost are waited for at once.
  if (expectation.lost) await Promise.all(wanted.map((ping) => expectPing(lab, ping, expectation)));
  else for (const ping of wanted) await expectPing(lab, ping, expectation);
}

function directions(lab: Lab, allPairs: boolean): Ping[] {
  const { topology } = lab.scenario;
  const hosts = (side: SideName) => segmentHosts(siteOf(topology, side)).slice(0, allPairs ? undefined : 1);
  const pairs = peersOfA(topology).flatMap((peer) =>
    hosts('a').flatMap((hostA) => hosts(peer).map((hostB) => ({ peer, hostA, hostB }))),
  );
  const possible = pairs.filter(({ hostA, hostB }) => isV6(hostA) === isV6(hostB));
  return possible.flatMap(({ peer, hostA, hostB }) => [
    { from: 'a' as const, source: hostA, target: hostB },
    { from: peer, source: hostB, target: hostA },
  ]);
}

async function expectPing(lab: Lab, ping: Ping, expectation: PingExpectation): Promise<void> {
  const count = expectation.count ?? 3;
  // With a deadline, ping sends on until all answers are there: they may be late where the machine is busy.
  const patience = expectation.lost ? ['-W', '1'] : ['-w', '10'];
  const outcome = await run(
    inNamespace(sourceNamespace(ping.from, lab.scenario.topology), [
      'ping',
      ...['-n', '-c', String(count), '-i', '0.2', ...patience],
      ...['-s', String(expectation.size ?? 56), '-p', Buffer.from(PING_PATTERN, 'latin1').toString('hex')],
      ...(expectation.fragmentation === undefined ? [] : ['-M', expectation.fragmentation]),
      ...['-I', ping.source, ping.target],
    ]),
  );
  const received = [...answersOf(outcome.stdout)].filter((sequence) => sequence <= count).length;
  const wanted = expectation.lost ? 0 : count;
  if (received === wanted) return;
  const said = outcome.stderr.trim().split('\n').at(-1) ?? '';
  throw new Error(
    `ping ${ping.source} to ${ping.target}: ${received} of ${count} answered, not ${wanted} ${said}`.trim(),
  );
}

/** Ends the stream of pings once enough of them were answered. */
export async function expectNoneLost(lab: Lab, atLeast: number, butFor: number): Promise<void> {
  const stream = lab.pingStream;
  if (stream === undefined) throw new Error('no pings are under way');
  await poll(async () => {
    const { answered, lost, duplicates } = stream.report;
    if (duplicates > 0) throw new Error(`${duplicates} answers came twice`);
    if (lost.length > butFor)
      throw new Error(`of ${answered + lost.length} pings, ${lost.length} were lost, from number ${lost[0]}`);
    return answered >= atLeast ? { value: true } : { unmet: `${answered} pings were answered, expected ${atLeast}` };
  });
  lab.pingStream = undefined;
  await stream.stop();
}
