import assert from 'node:assert/strict';
import type { DataPlaneStep, RouteSpec } from '../../src/sa/data-plane.ts';
import { reqidAt } from '../../src/sa/reqid.ts';
import { XfrmDataPlane } from '../../src/xfrm/xfrm-data-plane.ts';
import { poll } from '../lab/poll.ts';
import type { Check } from './bench.ts';
import { assertRefused, Bench, ipState, LOCAL, makePair, PEER, protect, REQID, segment } from './bench.ts';

const PAIR = makePair({ encryption: 'aes128', integrity: 'sha1' });
const FOREIGN_SA = makePair({ encryption: 'aes128', integrity: 'sha1', inboundSpi: 0x1111 }).inbound;
const TEMPLATE = `tmpl src ${LOCAL.outer} dst ${PEER.outer} proto esp reqid 99 mode tunnel`;

export const checks: readonly Check[] = [
  {
    name: 'close removes all that is ours and nothing else',
    run: () =>
      Bench.with(async (bench) => {
        await bench.ip(ipState('add', FOREIGN_SA));
        await bench.ip(`xfrm policy add src 10.0.0.0/24 dst 10.9.0.0/16 dir out priority 5 ${TEMPLATE}`);
        await bench.ip(`route add 10.9.0.0/16 via ${PEER.outer}`);
        const before = await everything(bench);
        bench.plane.perform({
          kind: 'allocate-spi',
          protocol: 'esp',
          local: LOCAL.outer,
          remote: PEER.outer,
          reqid: 1,
        });
        bench.install([
          { kind: 'add-sa', sa: PAIR.inbound },
          { kind: 'add-sa', sa: PAIR.outbound },
          ...protect(PAIR, LOCAL.net, PEER.net),
          addRoute('10.77.0.0/16'),
          addRoute('10.9.0.0/16'),
          { kind: 'remove-sa', sa: FOREIGN_SA },
        ]);
        assert.notEqual(await everything(bench), before);
        bench.plane.close();
        assert.equal(await everything(bench), before);
      }),
  },
  {
    name: "another program's policy of the same selector is neither replaced nor removed",
    run: () =>
      Bench.with(async (bench) => {
        await bench.ip(`xfrm policy add src ${LOCAL.net} dst ${PEER.net} dir out priority 5 ${TEMPLATE}`);
        const before = await everything(bench);
        const reply = bench.apply([{ kind: 'add-sa', sa: PAIR.inbound }, ...protect(PAIR, LOCAL.net, PEER.net)]);
        assertRefused(reply, { operation: 'add policy out', code: 'EEXIST' });
        assert.equal(await everything(bench), before);
      }),
  },
  {
    name: 'what a killed run left behind is taken over and removed in the end',
    run: () =>
      Bench.with(async (bench) => {
        const steps = [...protect(PAIR, LOCAL.net, PEER.net), addRoute('10.77.0.0/16')];
        const before = await everything(bench);
        const killed = XfrmDataPlane.open();
        assert.deepEqual(killed.perform({ kind: 'apply', steps }), { kind: 'done' });
        const other = makePair({ encryption: 'aes128', integrity: 'sha1' });
        const reqid = { ...other, inbound: { ...other.inbound, reqid: 8 }, outbound: { ...other.outbound, reqid: 8 } };
        bench.install([...protect(reqid, LOCAL.net, PEER.net), addRoute('10.77.0.0/16')]);
        assert.match(await bench.ip('xfrm policy'), /reqid 8/);
        bench.plane.close();
        assert.equal(await everything(bench), before);
      }),
  },
  {
    name: 'SAs of a killed run go at the start, those of other programs stay',
    run: () =>
      Bench.with(async (bench) => {
        await bench.ip(ipState('add', FOREIGN_SA));
        const before = await bench.ip('xfrm state');
        const killed = XfrmDataPlane.open();
        const steps: readonly DataPlaneStep[] = [{ kind: 'add-sa', sa: { ...PAIR.inbound, reqid: reqidAt(3) } }];
        assert.deepEqual(killed.perform({ kind: 'apply', steps }), { kind: 'done' });
        assert.notEqual(await bench.ip('xfrm state'), before);
        assert.equal(bench.plane.begin(), 1);
        assert.equal(await bench.ip('xfrm state'), before);
        killed.close();
      }),
  },
  {
    name: 'an audit finds what others have deleted: policies come back, lost SAs are named once',
    run: () =>
      Bench.with(async (bench) => {
        bench.install([
          { kind: 'add-sa', sa: PAIR.inbound },
          { kind: 'add-sa', sa: PAIR.outbound },
        ]);
        bench.install(protect(PAIR, LOCAL.net, PEER.net));
        const before = await bench.ip('xfrm policy');
        await bench.ip('xfrm policy flush');
        await bench.ip(`xfrm state delete dst ${PEER.outer} proto esp spi 0x${PAIR.outbound.spi.toString(16)}`);
        const { lostSas, repairedPolicies } = bench.plane.audit();
        assert.deepEqual(
          lostSas.map(({ spi }) => spi),
          [PAIR.outbound.spi],
        );
        assert.equal(repairedPolicies, 3);
        assert.equal((await bench.ip('xfrm policy')).length, before.length);
        assert.deepEqual(bench.plane.audit(), { lostSas: [], repairedPolicies: 0 });
      }),
  },
  {
    name: 'routes follow the way to the peer with a source in the local segment, and leave with their owner',
    run: () =>
      Bench.with(async (bench) => {
        await bench.ip(`route add 198.51.100.0/24 via ${PEER.outer}`);
        bench.install([
          addRoute('10.77.0.0/16'),
          addRoute('10.78.0.0/16', { via: '198.51.100.7' }),
          addRoute(PEER.net),
        ]);
        const shown = await bench.ip('route show');
        assert.match(shown, /^10\.77\.0\.0\/16 dev va proto 201 scope link src 10\.0\.0\.1/m);
        assert.match(shown, /^10\.78\.0\.0\/16 via 192\.0\.2\.1 dev va proto 201 src 10\.0\.0\.1 onlink/m);
        assert.match(shown, /^10\.1\.2\.0\/24 via 192\.0\.2\.1 dev va src 10\.0\.0\.1/m);
        bench.install([addRoute('10.77.0.0/16', {}, 'second'), removeRoute('10.77.0.0/16')]);
        assert.match(await bench.ip('route show'), /^10\.77\./m);
        bench.install([removeRoute('10.77.0.0/16', 'second'), removeRoute('10.78.0.0/16'), removeRoute(PEER.net)]);
        const left = await bench.ip('route show');
        assert.doesNotMatch(left, /proto 201/);
        assert.match(left, /^10\.1\.2\.0\/24 via 192\.0\.2\.1/m, 'the foreign route stays');
        const lost = bench.apply([addRoute('10.79.0.0/16', { via: '203.0.113.1' })]);
        assertRefused(lost, { operation: 'add route 10.79.0.0/16', code: 'ENETUNREACH' });
      }),
  },
  {
    name: 'a packet without SA is told as acquire, for our policies only',
    run: () =>
      Bench.with(async (bench) => {
        await bench.ip(`xfrm policy add src ${LOCAL.net} dst 10.9.0.0/16 dir out ${TEMPLATE}`);
        await bench.ip(`route add 10.9.0.0/16 via ${PEER.outer} src ${LOCAL.inner}`);
        bench.install(protect(PAIR, LOCAL.net, PEER.net));
        await bench.ping(LOCAL.inner, '10.9.0.1', 1);
        await bench.ping(LOCAL.inner, PEER.inner, 1);
        const { reqid, source, destination } = await bench.event('acquire');
        assert.equal(reqid, REQID);
        assert.deepEqual([source.start, source.end], [LOCAL.inner, LOCAL.inner]);
        assert.deepEqual([destination.start, destination.end], [PEER.inner, PEER.inner]);
        assert.ok(bench.events.every((event) => event.kind !== 'acquire' || event.reqid === REQID));
      }),
  },
  {
    name: 'the hard lifetime ends an SA of ours with an event, and a foreign one without',
    run: () =>
      Bench.with(async (bench) => {
        await bench.ip(`${ipState('add', FOREIGN_SA)} limit time-hard 1`);
        bench.install([{ kind: 'add-sa', sa: { ...PAIR.inbound, hardLifetime: 1_500 } }]);
        const { sa, hard } = await bench.event('expire');
        assert.equal(sa.spi, PAIR.inbound.spi);
        assert.equal(hard, true);
        await poll(async () => {
          const states = await bench.ip('xfrm state');
          return states === '' ? { value: undefined } : { unmet: states };
        }, 10_000);
        assert.equal(bench.events.length, 1);
        assert.deepEqual(bench.counters(PAIR.inbound), []);
        bench.install([{ kind: 'remove-sa', sa: PAIR.inbound }]);
      }),
  },
];

async function everything(bench: Bench): Promise<string> {
  const parts = [await bench.ip('xfrm state'), await bench.ip('xfrm policy'), await bench.ip('route show')];
  return parts.join('\n');
}

type RouteStep = Extract<DataPlaneStep, { route: RouteSpec }>;

function addRoute(destination: string, changes: Partial<RouteSpec> = {}, owner = 'child'): RouteStep {
  const [address = '', length = ''] = destination.split('/');
  const route: RouteSpec = {
    destination: { address, length: Number(length) },
    via: PEER.outer,
    localSelectors: [segment(LOCAL.net)],
    ...changes,
  };
  return { kind: 'add-route', owner, route };
}

function removeRoute(destination: string, owner = 'child'): RouteStep {
  return { ...addRoute(destination, {}, owner), kind: 'remove-route' };
}
