import assert from 'node:assert/strict';
import { UdpSocket } from '../../src/native/udp-socket.ts';
import type { DataPlaneStep } from '../../src/sa/data-plane.ts';
import type { Check, Pair, PairOptions } from './bench.ts';
import { Bench, ipState, LOCAL, LOCAL6, makePair, PEER, PEER6, protect } from './bench.ts';

const V4 = { local: LOCAL.net, remote: PEER.net };
const V6 = { local: LOCAL6.net, remote: PEER6.net };

export const checks: readonly Check[] = [
  {
    name: 'packets cross with each kind of SA, and the counters tell',
    run: async () => {
      for (const options of SUITES) await Bench.with((bench) => crosses(bench, makePair(options)));
    },
  },
  {
    name: 'IPv6 packets cross inside IPv4, and IPv4 inside IPv6',
    run: async () => {
      const algorithms = { encryption: 'aes256gcm16' } as const;
      await Bench.with(async (bench) => {
        await bench.connect(makePair(algorithms), V6);
        assert.ok(await bench.ping(LOCAL6.inner, PEER6.inner));
      });
      await Bench.with(async (bench) => {
        await bench.connect(makePair({ ...algorithms, local: LOCAL.outer6, remote: PEER.outer6 }), V4);
        assert.ok(await bench.ping(LOCAL.inner, PEER.inner));
      });
    },
  },
  {
    name: 'clear text that a policy covers is dropped',
    run: () =>
      Bench.with(async (bench) => {
        assert.ok(await bench.peerPing(PEER.inner, LOCAL.inner), 'before there is a policy');
        bench.install(protect(makePair({ encryption: 'aes128', integrity: 'sha1' }), LOCAL.net, PEER.net));
        assert.equal(await bench.peerPing(PEER.inner, LOCAL.inner), false);
      }),
  },
  {
    name: 'a peer that changes its UDP port is reported once and followed in place',
    run: () =>
      Bench.with(async (bench) => {
        const pair = makePair({ encryption: 'aes128', integrity: 'sha1', encap: { local: 4500, remote: 4500 } });
        const socket = UdpSocket.open({ family: 4, port: 4500, udpEncap: true });
        const release = await bench.holdEncapPorts(4500, 4501);
        try {
          await bench.connect(pair, V4);
          assert.ok(await bench.ping(LOCAL.inner, PEER.inner));
          const before = bench.counters(pair.inbound, pair.outbound);
          const moved = withPorts(pair, 4501);
          await bench.peerIp(ipState('update', { ...moved.inbound, direction: 'out' }));
          await bench.peerPing(PEER.inner, LOCAL.inner, 3);
          const { sa, from } = await bench.event('mapping');
          assert.equal(sa.spi, pair.inbound.spi);
          assert.deepEqual(from, { address: PEER.outer, port: 4501 });
          const told = bench.events.filter(({ kind }) => kind === 'mapping');
          assert.equal(told.length, 1, JSON.stringify(told));
          bench.install(move(pair, moved));
          await bench.peerIp(ipState('update', { ...moved.outbound, direction: 'in' }));
          assert.ok(await bench.ping(LOCAL.inner, PEER.inner));
          const after = bench.counters(pair.inbound, pair.outbound);
          for (const [index, counter] of before.entries()) {
            assert.ok((after[index]?.packets ?? 0) >= counter.packets + 3, 'the counters go on');
          }
          assert.match(await bench.ip('xfrm state'), /encap type espinudp sport 4500 dport 4501/);
          assert.match(await bench.ip('-s xfrm state'), /hard 3600\(sec\)/);
        } finally {
          release();
          socket.close();
        }
      }),
  },
  {
    name: 'a move that is undone leaves traffic as it was',
    run: () =>
      Bench.with(async (bench) => {
        const algorithms = { encryption: 'aes128', integrity: 'sha1' } as const;
        const pair = makePair(algorithms);
        await bench.connect(pair, V4);
        assert.ok(await bench.ping(LOCAL.inner, PEER.inner));
        const moved = makePair({ ...algorithms, remote: PEER.elsewhere });
        const reply = bench.apply([...move(pair, moved), { kind: 'add-sa', sa: moved.outbound }]);
        assert.equal(reply.kind === 'refused' && reply.failure.code, 'EEXIST');
        assert.doesNotMatch(await bench.ip('xfrm state'), new RegExp(PEER.elsewhere));
        assert.ok(await bench.ping(LOCAL.inner, PEER.inner));
        assert.deepEqual(
          bench.counters(pair.inbound, pair.outbound).map(({ packets }) => packets),
          [6, 6],
        );
      }),
  },
  {
    name: 'a peer that changes its address is followed; counters, sequence numbers and lifetime go along',
    run: async () => {
      for (const algorithms of [
        { encryption: 'aes128', integrity: 'sha1' },
        { encryption: 'aes128gcm16', esn: true },
      ] as const) {
        await Bench.with((bench) => follows(bench, algorithms));
      }
    },
  },
];

// biome-ignore format: one suite, one row
const SUITES: readonly PairOptions[] = [
  { encryption: 'aes128', integrity: 'sha1' },
  { encryption: '3des', integrity: 'md5' },
  { encryption: 'aes256', integrity: 'sha512', esn: true },
  { encryption: 'aes192gcm16' },
  { encryption: 'aes256gcm16', esn: true },
  { encryption: 'chacha20poly1305' },
  { protocol: 'ah', integrity: 'sha384' },
  { encryption: 'aes128', integrity: 'sha256', local: LOCAL.outer6, remote: PEER.outer6 },
  { protocol: 'ah', integrity: 'sha1', esn: true, local: LOCAL.outer6, remote: PEER.outer6 },
];

async function crosses(bench: Bench, pair: Pair): Promise<void> {
  const inner = pair.inbound.source.includes(':') ? V6 : V4;
  const [from, to] = inner === V6 ? [LOCAL6.inner, PEER6.inner] : [LOCAL.inner, PEER.inner];
  const name = `${pair.inbound.protocol} ${pair.inbound.encryption} ${pair.inbound.integrity}`;
  await bench.connect(pair, inner);
  const idle = bench.counters(pair.inbound);
  assert.equal(idle[0]?.packets, 0);
  assert.equal(idle[0]?.lastUsedAt, undefined);
  assert.ok(await bench.ping(from, to, 3), name);
  const [inbound, outbound] = bench.counters(pair.inbound, pair.outbound);
  assert.equal(inbound?.packets, 3, name);
  assert.equal(outbound?.packets, 3, name);
  assert.ok((inbound?.bytes ?? 0) >= 3 * 84, name);
  // Linux tells since 6.2.
  if (inbound?.lastUsedAt !== undefined) assert.ok(Math.abs(inbound.lastUsedAt - Date.now()) < 10_000, name);
  bench.install([{ kind: 'remove-sa', sa: pair.outbound }]);
  assert.deepEqual(
    bench.counters(pair.inbound, pair.outbound).map(({ sa }) => sa.spi),
    [pair.inbound.spi],
  );
}

async function follows(bench: Bench, algorithms: PairOptions): Promise<void> {
  const pair = makePair(algorithms);
  const moved = makePair({ ...algorithms, remote: PEER.elsewhere });
  await bench.connect(pair, V4);
  assert.ok(await bench.ping(LOCAL.inner, PEER.inner, 5));
  const before = await bench.ip('-s xfrm state');
  bench.install([...move(pair, moved), ...protect(moved, LOCAL.net, PEER.net)]);
  const shown = await bench.ip('-s xfrm state');
  assert.equal(shown.match(/^src /gm)?.length, 2, shown);
  assert.doesNotMatch(shown, new RegExp(`(src|dst) ${PEER.outer}\\b`));
  assert.equal(shown.match(/5\(packets\)/g)?.length, 2, shown);
  assert.equal(shown.match(/hard 3600\(sec\)/g)?.length, 2, shown);
  // The inbound replay window as it was, the outbound sequence number ahead of what was sent.
  const window = /seq-hi 0x0, seq 0x5, oseq-hi 0x0, oseq 0x0\n\t replay_window 128, bitmap-length 4\n\t [0 ]*0000001f/;
  assert.match(before, window);
  assert.match(shown, window);
  assert.match(shown, /oseq 0x4005/);
  // The peer makes its SAs anew, so its numbers start again: our replay window drops the first five answers.
  const { inbound, outbound } = pair;
  await bench.peerIp(`xfrm state delete dst ${outbound.destination} proto esp spi 0x${outbound.spi.toString(16)}`);
  await bench.peerIp(`xfrm state delete dst ${inbound.destination} proto esp spi 0x${inbound.spi.toString(16)}`);
  await bench.peerIp(ipState('add', { ...moved.outbound, direction: 'in' }));
  await bench.peerIp(ipState('add', { ...moved.inbound, direction: 'out' }));
  await bench.peerPolicies(moved, V4);
  assert.ok(await bench.ping(LOCAL.inner, PEER.inner, 10));
  const [received] = bench.counters(moved.inbound);
  assert.equal(received?.packets, 10);
}

function move(from: Pair, to: Pair): DataPlaneStep[] {
  return [
    { kind: 'move-sa', sa: from.inbound, to: addresses(to.inbound) },
    { kind: 'move-sa', sa: from.outbound, to: addresses(to.outbound) },
  ];
}

function addresses({ source, destination, encap }: Pair['inbound']) {
  return { source, destination, ...(encap === undefined ? {} : { encap }) };
}

function withPorts({ inbound, outbound }: Pair, remote: number): Pair {
  return {
    inbound: { ...inbound, encap: { sourcePort: remote, destinationPort: 4500 } },
    outbound: { ...outbound, encap: { sourcePort: 4500, destinationPort: remote } },
  };
}
