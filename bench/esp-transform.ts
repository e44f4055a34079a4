/**
 * What sealing and opening a packet costs, per suite: nanoseconds, the best of many short runs, so that what else the
 * machine does disturbs little. `npm run bench:transform [-- PATTERN]`.
 */
import { SeededEntropy } from '../src/base/entropy.ts';
import type { EncryptionKeyword, IntegrityKeyword } from '../src/crypto/algorithms.ts';
import { encryptionAlgorithm, integrityAlgorithm } from '../src/crypto/algorithms.ts';
import type { TransformResources } from '../src/esp/transform/resources.ts';
import { createTransformResources } from '../src/esp/transform/resources.ts';
import { TAILROOM } from '../src/esp/transform/transform.ts';
import { inboundTransform, outboundTransform } from '../src/esp/transform/transforms.ts';
import { createArena } from '../src/native/arena.ts';
import type { SaSpec } from '../src/sa/data-plane.ts';

const LENGTHS = [64, 1400];
const BATCH = 64;
const HEADROOM = 128;
const MILLISECONDS = 400;

const SUITES: readonly (readonly [EncryptionKeyword, IntegrityKeyword?])[] = [
  ['aes128gcm16'],
  ['aes256gcm16'],
  ['chacha20poly1305'],
  ['aes128', 'sha1'],
  ['aes128', 'sha256'],
  ['aes256', 'sha512'],
  ['aes128', 'md5'],
  ['3des', 'sha1'],
];

function main(): void {
  const pattern = new RegExp(process.argv[2] ?? '');
  const entropy = new SeededEntropy(1);
  const implementations = {
    native: createTransformResources(entropy),
    portable: createTransformResources(entropy, () => undefined),
  };
  for (const [name, resources] of Object.entries(implementations))
    for (const [encryption, integrity] of SUITES) {
      const suite = `${name} ${encryption}${integrity === undefined ? '' : `-${integrity}`}`;
      if (pattern.test(suite)) report(suite, resources, saOf(encryption, integrity));
    }
}

function report(suite: string, resources: TransformResources, sa: SaSpec): void {
  const columns = LENGTHS.map((length) => {
    const { seal, open } = measure(resources, sa, length);
    return `${length} B: seal ${seal.toFixed(0).padStart(5)}  open ${open.toFixed(0).padStart(5)}`;
  });
  console.log(suite.padEnd(28), columns.join('   '));
}

/** Batches of packets are sealed and then opened, as the two threads do it. */
function measure(resources: TransformResources, sa: SaSpec, length: number): { seal: number; open: number } {
  const outbound = outboundTransform(sa, resources);
  const inbound = inboundTransform(sa, resources);
  const stride = HEADROOM + length + TAILROOM;
  const arena = createArena(Math.max(BATCH * stride, 4 << 20));
  const sealed = outbound.overhead(length);
  const best = { seal: Number.POSITIVE_INFINITY, open: Number.POSITIVE_INFINITY };
  const end = performance.now() + MILLISECONDS;
  while (performance.now() < end) {
    const start = process.hrtime.bigint();
    for (let slot = 0; slot < BATCH; slot++) outbound.seal(arena, slot * stride + HEADROOM, length, 4);
    const between = process.hrtime.bigint();
    for (let slot = 0; slot < BATCH; slot++) {
      if (inbound.open(arena, slot * stride + HEADROOM - outbound.headroom, sealed, 0) !== length)
        throw new Error(`${length} bytes did not come back`);
    }
    best.seal = Math.min(best.seal, Number(between - start) / BATCH);
    best.open = Math.min(best.open, Number(process.hrtime.bigint() - between) / BATCH);
  }
  outbound.close();
  inbound.close();
  return best;
}

function saOf(encryption: EncryptionKeyword, integrity: IntegrityKeyword | undefined): SaSpec {
  const { keyBits, saltBytes } = encryptionAlgorithm(encryption);
  const entropy = new SeededEntropy(2);
  const keyed =
    integrity === undefined ? {} : { integrity, integrityKey: entropy.bytes(integrityAlgorithm(integrity).keyBytes) };
  return {
    source: '192.0.2.1',
    destination: '192.0.2.2',
    direction: 'out',
    protocol: 'esp',
    spi: 0x1001,
    reqid: 1,
    mode: 'tunnel',
    encryption,
    encryptionKey: entropy.bytes(keyBits / 8 + saltBytes),
    ...keyed,
    esn: false,
    replayWindow: 128,
  };
}

main();
