import assert from 'node:assert/strict';
import type { DataPlaneStep, Mark, PolicySpec, SaSpec } from '../../src/sa/data-plane.ts';
import { run } from '../lab/shell.ts';
import type { Check } from './bench.ts';
import { Bench, LOCAL, makePair, PEER, protect, segment } from './bench.ts';

const PAIR = makePair({ encryption: 'aes128', integrity: 'sha1' });
const MARK: Mark = { value: 0x2a, mask: 0xff };
const NETS = { local: LOCAL.net, remote: PEER.net };

export const checks: readonly Check[] = [
  {
    name: 'the kernel shows all that SAs and policies say beyond what they protect, and gives it up again',
    run: () =>
      Bench.with(async (bench) => {
        const before = await everything(bench);
        const inbound: SaSpec = {
          ...PAIR.inbound,
          ...{ ifId: 9, setMark: { value: 3, mask: 0xf }, replayWindow: 4096, headers: { ecn: false, dscp: 'in' } },
        };
        const outbound: SaSpec = {
          ...PAIR.outbound,
          ...{ ifId: 9, mark: MARK, setMark: { value: 5, mask: 0xff }, headers: { df: false, dscp: 'none' } },
        };
        const policies = apart({ mark: MARK, ifId: 9, priority: 77 });
        bench.install([{ kind: 'add-sa', sa: inbound }, { kind: 'add-sa', sa: outbound }, ...policies]);
        const [state, policy] = [await bench.ip('-s xfrm state'), await bench.ip('-d xfrm policy')];
        for (const shown of [/if_id 0x9\b/, /replay-window 4096|replay_window 4096/, /output-mark 0x3\/0xf\b/])
          assert.match(state, shown);
        for (const shown of [/mark 0x2a\/0xff/, /output-mark 0x5\/0xff\b/, /nopmtudisc/, /dont-encap-dscp/])
          assert.match(state, shown);
        for (const shown of [/noecn/, /decap-dscp/]) assert.match(state, shown);
        assert.equal(policy.match(/if_id 0x9\b/g)?.length, 3);
        assert.equal(policy.match(/mark 0x2a\/0xff/g)?.length, 3);
        assert.equal(policy.match(/priority 77\b/g)?.length, 3);
        assert.equal(bench.counters(inbound, outbound).length, 2);
        const to = { source: LOCAL.outer, destination: PEER.elsewhere };
        bench.install([{ kind: 'move-sa', sa: outbound, to }]);
        assert.match(
          await bench.ip('-s xfrm state'),
          /mark 0x2a\/0xff[\s\S]*dont-encap-dscp|dont-encap-dscp[\s\S]*mark 0x2a/,
        );
        bench.plane.close();
        assert.equal(await everything(bench), before);
      }),
  },
  {
    name: 'only packets with the mark are protected; policies of other marks stand beside',
    run: () =>
      Bench.with(async (bench) => {
        const outbound: SaSpec = { ...PAIR.outbound, mark: MARK };
        await bench.connect({ inbound: PAIR.inbound, outbound }, NETS);
        // What `connect` has installed is for every packet: the marked policy takes its place.
        bench.install([
          ...protect(PAIR, LOCAL.net, PEER.net).map((step): DataPlaneStep => removal(step)),
          ...apart({ mark: MARK }).filter(isOutbound),
          ...apart({ mark: { value: 0x2b, mask: 0xff } }, 'other').filter(isOutbound),
        ]);
        assert.equal((await bench.ip('xfrm policy')).match(/mark 0x2[ab]\/0xff/g)?.length, 2);
        await pingWith(0);
        assert.equal(bench.counters(outbound)[0]?.packets, 0, 'without a mark');
        await pingWith(0x12a);
        assert.notEqual(bench.counters(outbound)[0]?.packets, 0, 'with the mark, and other bits beside');
      }),
  },
  {
    name: 'an inbound SA with a mark opens nothing without it, is counted, and goes',
    run: () =>
      Bench.with(async (bench) => {
        const before = await everything(bench);
        const inbound: SaSpec = { ...PAIR.inbound, mark: MARK };
        await bench.connect({ inbound, outbound: PAIR.outbound }, NETS);
        assert.equal(await bench.ping(LOCAL.inner, PEER.inner, 1), false);
        const [opened, sent] = bench.counters(inbound, PAIR.outbound);
        assert.equal(opened?.packets, 0);
        assert.notEqual(sent?.packets, 0);
        assert.match(await bench.ip('xfrm state'), /mark 0x2a\/0xff/);
        bench.plane.close();
        assert.equal(await everything(bench), before);
      }),
  },
  {
    name: 'a narrower bypass lets packets by a policy for everything, a narrower block stops them',
    run: () =>
      Bench.with(async (bench) => {
        await bench.connect(PAIR, NETS);
        await bench.ping(LOCAL.inner, PEER.inner, 1);
        const [sent] = bench.counters(PAIR.outbound);
        assert.notEqual(sent?.packets, 0);
        bench.install(shunt('bypass'));
        await bench.ping(LOCAL.inner, PEER.inner, 1);
        assert.equal(bench.counters(PAIR.outbound)[0]?.packets, sent?.packets);
        bench.install([...shunt('block'), ...shunt('bypass').map(removal)]);
        const { stdout, stderr } = await run(['ping', '-c', '1', '-W', '1', '-I', LOCAL.inner, PEER.inner]);
        assert.match(stdout + stderr, /Operation not permitted|100% packet loss/);
        assert.equal(bench.counters(PAIR.outbound)[0]?.packets, sent?.packets);
        bench.install(shunt('block').map(removal));
        assert.ok(await bench.ping(LOCAL.inner, PEER.inner));
      }),
  },
];

/** The policies of the pair with what sets them apart. */
function apart(more: Partial<PolicySpec>, owner = 'child'): DataPlaneStep[] {
  return protect(PAIR, LOCAL.net, PEER.net, owner).map((step) =>
    step.kind === 'add-policy' ? { ...step, policy: { ...step.policy, ...more } } : step,
  );
}

function shunt(action: 'bypass' | 'block'): DataPlaneStep[] {
  const [here, there] = [segment(`${LOCAL.inner}/32`), segment(`${PEER.inner}/32`)];
  const policies: PolicySpec[] = [
    { direction: 'out', source: here, destination: there, action },
    { direction: 'in', source: there, destination: here, action },
  ];
  return policies.map((policy) => ({ kind: 'add-policy', owner: 'shunt:lan', policy }));
}

function removal(step: DataPlaneStep): DataPlaneStep {
  return step.kind === 'add-policy' ? { ...step, kind: 'remove-policy' } : step;
}

function isOutbound(step: DataPlaneStep): boolean {
  return step.kind === 'add-policy' && step.policy.direction === 'out';
}

async function pingWith(mark: number): Promise<void> {
  await run(['ping', '-c', '1', '-W', '1', '-m', String(mark), '-I', LOCAL.inner, PEER.inner]);
}

async function everything(bench: Bench): Promise<string> {
  return [await bench.ip('xfrm state'), await bench.ip('xfrm policy')].join('\n');
}
