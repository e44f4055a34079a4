import assert from 'node:assert/strict';
import { ENCRYPTION, INTEGRITY } from '../../src/crypto/algorithms.ts';
import type { Check } from './bench.ts';
import { assertRefused, Bench, LOCAL, makePair, PEER, protect, REQID, segment } from './bench.ts';

export const checks: readonly Check[] = [
  {
    name: 'capabilities: the kernel takes every algorithm of the tables, and keeps nothing of the trials',
    run: () =>
      Bench.with(async (bench) => {
        const { esp, ah, unavailable } = bench.plane.capabilities();
        const all = INTEGRITY.map(({ keyword }) => keyword);
        assert.deepEqual(unavailable, {});
        assert.deepEqual([...esp.encryption].sort(), ENCRYPTION.map(({ keyword }) => keyword).sort());
        assert.deepEqual(esp.integrity, all);
        assert.deepEqual(ah.integrity, all);
        assert.equal(await bench.ip('xfrm state'), '');
      }),
  },
  {
    name: 'a reserved SPI becomes the inbound SA, with replay window 128, lifetime and keys in place',
    run: () =>
      Bench.with(async (bench) => {
        const reply = bench.plane.perform({
          kind: 'allocate-spi',
          protocol: 'esp',
          local: LOCAL.outer,
          remote: PEER.outer,
          reqid: REQID,
        });
        assert.equal(reply.kind, 'spi');
        const spi = reply.kind === 'spi' ? reply.spi : 0;
        assert.equal(spi >>> 28, 0xc);
        assert.match(await bench.ip('xfrm state'), new RegExp(`spi 0x${spi.toString(16)} `));
        const { inbound } = makePair({ encryption: 'aes256', integrity: 'sha256', inboundSpi: spi });
        bench.install([{ kind: 'add-sa', sa: inbound }]);
        const shown = await bench.ip('-s xfrm state');
        assert.equal(shown.match(/^src /gm)?.length, 1, 'the larval SA is replaced, not joined');
        for (const expected of [
          `src ${PEER.outer} dst ${LOCAL.outer}`,
          `proto esp spi 0x${spi.toString(16)}(${spi}) reqid ${REQID}(0x00000007) mode tunnel`,
          'flag af-unspec',
          'auth-trunc hmac(sha256) 0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20 (256 bits) 128',
          'enc cbc(aes) 0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20 (256 bits)',
          'replay_window 128',
          'expire add: soft 0(sec), hard 3600(sec)',
        ]) {
          assert.ok(shown.includes(expected), `${expected}\nin\n${shown}`);
        }
      }),
  },
  {
    name: 'a larval SA that was removed or has expired does not keep the SA from being added',
    run: () =>
      Bench.with(async (bench) => {
        const reply = bench.plane.perform({
          kind: 'allocate-spi',
          protocol: 'ah',
          local: LOCAL.outer,
          remote: PEER.outer,
          reqid: REQID,
        });
        const spi = reply.kind === 'spi' ? reply.spi : 0;
        await bench.ip(`xfrm state delete dst ${LOCAL.outer} proto ah spi 0x${spi.toString(16)}`);
        const { inbound } = makePair({ protocol: 'ah', integrity: 'sha1', inboundSpi: spi });
        bench.install([{ kind: 'add-sa', sa: inbound }]);
        assert.match(await bench.ip('xfrm state'), /proto ah/);
      }),
  },
  {
    name: 'a refused step undoes those before it and names operation, algorithm and errno',
    run: () =>
      Bench.with(async (bench) => {
        const pair = makePair({ encryption: 'aes128', integrity: 'sha1' });
        const reply = bench.apply([
          { kind: 'add-sa', sa: pair.inbound },
          ...protect(pair, LOCAL.net, PEER.net),
          { kind: 'add-sa', sa: pair.outbound },
          { kind: 'add-sa', sa: { ...pair.outbound, encryptionKey: new Uint8Array(16) } },
        ]);
        assertRefused(reply, { operation: 'add ESP SA', algorithm: 'aes128-sha1', code: 'EEXIST' });
        assert.equal(await bench.ip('xfrm state'), '');
        assert.equal(await bench.ip('xfrm policy'), '');
        const short = bench.apply([{ kind: 'add-sa', sa: { ...pair.inbound, encryptionKey: new Uint8Array(5) } }]);
        assert.equal(short.kind === 'refused' && short.failure.code, 'EINVAL');
      }),
  },
  {
    name: 'policies show as given, block gives way to protect in one step and comes back after it',
    run: () =>
      Bench.with(async (bench) => {
        const pair = makePair({ encryption: 'aes128', integrity: 'sha1' });
        const block = {
          kind: 'add-policy',
          owner: 'tunnel',
          policy: { direction: 'out', source: segment(LOCAL.net), destination: segment(PEER.net), action: 'block' },
        } as const;
        bench.install([block]);
        assert.match(
          await bench.ip('xfrm policy'),
          /src 10\.0\.0\.0\/24 dst 10\.1\.2\.0\/24 \n\tdir out action block priority \d+/,
        );
        bench.install(protect(pair, LOCAL.net, PEER.net));
        const shown = await bench.ip('xfrm policy');
        assert.doesNotMatch(shown, /block/);
        for (const direction of ['out', 'in', 'fwd']) assert.match(shown, new RegExp(`dir ${direction} `));
        assert.ok(
          shown.includes(`tmpl src ${LOCAL.outer} dst ${PEER.outer}\n\t\tproto esp reqid ${REQID} mode tunnel`),
          shown,
        );
        bench.install(
          protect(pair, LOCAL.net, PEER.net).map((step) => ({ ...step, kind: 'remove-policy' }) as typeof step),
        );
        assert.match(
          await bench.ip('xfrm policy'),
          /^src 10\.0\.0\.0\/24 dst 10\.1\.2\.0\/24 \n\tdir out action block[^\n]*\n$/,
        );
      }),
  },
];
