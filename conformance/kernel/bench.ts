import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { toHex } from '../../src/base/bytes.ts';
import type { IpAddress } from '../../src/base/net.ts';
import { parsePrefix } from '../../src/base/net.ts';
import type { EncryptionKeyword, IntegrityKeyword } from '../../src/crypto/algorithms.ts';
import { encryptionAlgorithm, integrityAlgorithm } from '../../src/crypto/algorithms.ts';
import type {
  DataPlaneEvent,
  DataPlaneFailure,
  DataPlaneReply,
  DataPlaneStep,
  PolicySpec,
  SaCounters,
  SaKey,
  SaSpec,
} from '../../src/sa/data-plane.ts';
import type { ChildProtocol } from '../../src/sa/proposal.ts';
import type { TrafficSelector } from '../../src/sa/traffic-selector.ts';
import { selectorFromPrefix } from '../../src/sa/traffic-selector.ts';
import { XfrmDataPlane } from '../../src/xfrm/xfrm-data-plane.ts';
import { poll } from '../lab/poll.ts';
import { inNamespace, must, run } from '../lab/shell.ts';

/** One check of the kernel data plane, run as root in a network namespace of its own. */
export type Check = { readonly name: string; run(): Promise<void> };

/** This namespace and the peer's, joined by a veth pair; the peer is set up with `ip xfrm`, the independent witness. */
export const LOCAL = { outer: '192.0.2.2', outer6: '2001:db8::2', inner: '10.0.0.1', net: '10.0.0.0/24' } as const;
export const PEER = {
  outer: '192.0.2.1',
  /** Where the peer moves to. */
  elsewhere: '192.0.2.11',
  outer6: '2001:db8::1',
  inner: '10.1.2.1',
  net: '10.1.2.0/24',
} as const;
export const LOCAL6 = { inner: '2001:db8:a::1', net: '2001:db8:a::/64' } as const;
export const PEER6 = { inner: '2001:db8:b::1', net: '2001:db8:b::/64' } as const;

export const REQID = 7;

export class Bench {
  readonly plane = XfrmDataPlane.open();
  readonly events: DataPlaneEvent[] = [];
  readonly #peer: string;

  static async with(work: (bench: Bench) => Promise<void>): Promise<void> {
    const peer = `peer-${process.pid}`;
    await must(['ip', 'netns', 'add', peer]);
    const bench = new Bench(peer);
    try {
      await bench.#wire();
      await work(bench);
    } finally {
      bench.plane.close();
      await run(['ip', 'netns', 'del', peer]);
      await run(['ip', 'link', 'del', 'va']);
      await run(['ip', 'addr', 'flush', 'dev', 'lo', 'scope', 'global']);
    }
  }

  private constructor(peer: string) {
    this.#peer = peer;
    this.plane.onEvent((event) => this.events.push(event));
  }

  /** `ip …` here. */
  ip(command: string): Promise<string> {
    return must(['ip', ...words(command)]);
  }

  /** `ip …` at the peer. */
  peerIp(command: string): Promise<string> {
    return must(['ip', '-n', this.#peer, ...words(command)]);
  }

  apply(steps: readonly DataPlaneStep[]): DataPlaneReply {
    return this.plane.perform({ kind: 'apply', steps });
  }

  /** @throws AssertionError unless the kernel took all of it. */
  install(steps: readonly DataPlaneStep[]): void {
    assert.deepEqual(this.apply(steps), { kind: 'done' });
  }

  counters(...sas: SaKey[]): readonly SaCounters[] {
    const reply = this.plane.perform({ kind: 'query', sas });
    assert.equal(reply.kind, 'counters');
    return reply.kind === 'counters' ? reply.counters : [];
  }

  /** Two SAs here by the data plane, their mirror images at the peer by `ip xfrm`, policies on both sides. */
  async connect(pair: Pair, inner: { readonly local: string; readonly remote: string }): Promise<void> {
    this.install([
      { kind: 'add-sa', sa: pair.inbound },
      { kind: 'add-sa', sa: pair.outbound },
      ...protect(pair, inner.local, inner.remote),
    ]);
    await this.peerIp(ipState('add', { ...pair.outbound, direction: 'in' }));
    await this.peerIp(ipState('add', { ...pair.inbound, direction: 'out' }));
    await this.peerPolicies(pair, inner);
  }

  async peerPolicies(pair: Pair, inner: { readonly local: string; readonly remote: string }): Promise<void> {
    const { inbound, outbound } = pair;
    const template = (sa: SaSpec) =>
      `tmpl src ${sa.source} dst ${sa.destination} proto ${sa.protocol} reqid ${REQID} mode tunnel`;
    await this.peerIp(`xfrm policy update src ${inner.local} dst ${inner.remote} dir in ${template(outbound)}`);
    await this.peerIp(`xfrm policy update src ${inner.remote} dst ${inner.local} dir out ${template(inbound)}`);
  }

  /** Whether one of `count` pings from `from` to `to` is answered. */
  async ping(from: IpAddress, to: IpAddress, count = 3): Promise<boolean> {
    const outcome = await run(['ping', '-c', String(count), '-i', '0.2', '-W', '2', '-I', from, to]);
    return outcome.status === 0;
  }

  async peerPing(from: IpAddress, to: IpAddress, count = 1): Promise<boolean> {
    const outcome = await run(
      inNamespace(this.#peer, ['ping', '-c', String(count), '-i', '0.2', '-W', '2', '-I', from, to]),
    );
    return outcome.status === 0;
  }

  event<Kind extends DataPlaneEvent['kind']>(kind: Kind): Promise<Extract<DataPlaneEvent, { kind: Kind }>> {
    return poll(async () => {
      const found = this.events.find((event) => event.kind === kind) as
        | Extract<DataPlaneEvent, { kind: Kind }>
        | undefined;
      return found === undefined ? { unmet: `no event ${kind}; ${JSON.stringify(this.events)}` } : { value: found };
    }, 15_000);
  }

  /** A process at the peer that holds UDP sockets through which its kernel takes ESP; ends with the returned function. */
  async holdEncapPorts(...ports: number[]): Promise<() => void> {
    const program = fileURLToPath(new URL('./encap-holder.js', import.meta.url));
    const argv = inNamespace(this.#peer, [process.execPath, program, ...ports.map(String)]);
    const [command = '', ...options] = argv;
    const holder = spawn(command, options, { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    return () => holder.stdin.end();
  }

  async #wire(): Promise<void> {
    const ours = addresses('va', LOCAL.outer, LOCAL.outer6, LOCAL.inner, LOCAL6.inner);
    const theirs = addresses('vb', PEER.outer, PEER.outer6, PEER.inner, PEER6.inner);
    await batch(
      [],
      [`link add va type veth peer name vb netns ${this.#peer}`, 'link set lo up', 'link set va up', ...ours],
    );
    await batch(
      ['-n', this.#peer],
      [
        ...['link set lo up', 'link set vb up', ...theirs, `addr add ${PEER.elsewhere}/24 dev vb`],
        `route add ${LOCAL.net} via ${LOCAL.outer} src ${PEER.inner}`,
        `route add ${LOCAL6.net} via ${LOCAL.outer6} src ${PEER6.inner}`,
      ],
    );
    await batch(
      [],
      [
        `route add ${PEER.net} via ${PEER.outer} src ${LOCAL.inner}`,
        `route add ${PEER6.net} via ${PEER.outer6} src ${LOCAL6.inner}`,
      ],
    );
  }
}

/** The kernel's own words are left out: they differ from version to version. */
export function assertRefused(reply: DataPlaneReply, expected: DataPlaneFailure): void {
  assert.equal(reply.kind, 'refused');
  const { detail: _, ...failure } = reply.kind === 'refused' ? reply.failure : expected;
  assert.deepEqual(failure, expected);
}

export type Pair = { readonly inbound: SaSpec; readonly outbound: SaSpec };

export type PairOptions = {
  readonly protocol?: ChildProtocol;
  readonly encryption?: EncryptionKeyword;
  readonly integrity?: IntegrityKeyword;
  readonly esn?: boolean;
  /** UDP ports, ours and the peer's. */
  readonly encap?: { readonly local: number; readonly remote: number };
  readonly local?: IpAddress;
  readonly remote?: IpAddress;
  readonly inboundSpi?: number;
};

/** Specifications of a pair of SAs with keys that count up. */
export function makePair(options: PairOptions): Pair {
  const { protocol = 'esp', encryption, integrity, esn = false, encap } = options;
  const local = options.local ?? LOCAL.outer;
  const remote = options.remote ?? PEER.outer;
  const common = {
    protocol,
    reqid: REQID,
    mode: 'tunnel',
    esn,
    hardLifetime: 3_600_000,
    ...(encryption === undefined ? {} : { encryption, encryptionKey: key(encryptionKeyBytes(encryption)) }),
    ...(integrity === undefined ? {} : { integrity, integrityKey: key(integrityAlgorithm(integrity).keyBytes) }),
  } as const;
  const ports = (sourcePort: number, destinationPort: number) => ({ encap: { sourcePort, destinationPort } });
  return {
    inbound: {
      ...common,
      ...(encap === undefined ? {} : ports(encap.remote, encap.local)),
      ...{ direction: 'in', source: remote, destination: local, replayWindow: 128 },
      spi: options.inboundSpi ?? 0xc000_0001,
    },
    outbound: {
      ...common,
      ...(encap === undefined ? {} : ports(encap.local, encap.remote)),
      ...{ direction: 'out', source: local, destination: remote, replayWindow: 0, spi: 0xc000_0002 },
    },
  };
}

export function protect({ inbound, outbound }: Pair, local: string, remote: string, owner = 'child'): DataPlaneStep[] {
  const template = ({ protocol, mode, reqid, source, destination }: SaSpec) => ({
    protocol,
    mode,
    reqid,
    source,
    destination,
  });
  const policy = (direction: PolicySpec['direction']): PolicySpec => ({
    direction,
    source: segment(direction === 'out' ? local : remote),
    destination: segment(direction === 'out' ? remote : local),
    action: 'protect',
    template: template(direction === 'out' ? outbound : inbound),
  });
  return (['out', 'in', 'fwd'] as const).map((direction) => ({ kind: 'add-policy', owner, policy: policy(direction) }));
}

export function segment(text: string): TrafficSelector {
  const prefix = parsePrefix(text);
  assert.ok(prefix !== undefined, text);
  return selectorFromPrefix(prefix);
}

/** The SA as a command line of `ip xfrm state`. */
export function ipState(verb: 'add' | 'update', sa: SaSpec): string {
  const parts = [
    `xfrm state ${verb} src ${sa.source} dst ${sa.destination} proto ${sa.protocol} spi 0x${sa.spi.toString(16)}`,
  ];
  parts.push(`reqid ${sa.reqid} mode ${sa.mode} flag af-unspec`);
  // RFC 4302 §3.3.3.2.1: 32-bit padding in IPv4, which Linux does only when told.
  if (sa.protocol === 'ah' && !sa.source.includes(':')) parts.push('flag align4');
  if (sa.esn) parts.push(`flag esn replay-window 128`);
  else if (sa.direction === 'in') parts.push('replay-window 128');
  if (sa.integrity !== undefined) {
    const { kernel, icvBytes } = integrityAlgorithm(sa.integrity);
    parts.push(`auth-trunc ${kernel} 0x${toHex(sa.integrityKey ?? key(0))} ${icvBytes * 8}`);
  }
  if (sa.encryption !== undefined) {
    const { kernel, aeadIcvBytes } = encryptionAlgorithm(sa.encryption);
    const material = `${kernel} 0x${toHex(sa.encryptionKey ?? key(0))}`;
    parts.push(aeadIcvBytes === undefined ? `enc ${material}` : `aead ${material} ${aeadIcvBytes * 8}`);
  }
  if (sa.encap !== undefined) {
    parts.push(
      `encap espinudp ${sa.encap.sourcePort} ${sa.encap.destinationPort} ${sa.source.includes(':') ? '::' : '0.0.0.0'}`,
    );
  }
  return parts.join(' ');
}

function key(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index + 1);
}

function encryptionKeyBytes(keyword: EncryptionKeyword): number {
  const { keyBits, saltBytes } = encryptionAlgorithm(keyword);
  return keyBits / 8 + saltBytes;
}

function addresses(device: string, outer: string, outer6: string, inner: string, inner6: string): string[] {
  return [
    `addr add ${outer}/24 dev ${device}`,
    `addr add ${outer6}/64 dev ${device} nodad`,
    `addr add ${inner}/32 dev lo`,
    `addr add ${inner6}/128 dev lo nodad`,
  ];
}

/** One process for many commands. */
function batch(options: readonly string[], commands: readonly string[]): Promise<string> {
  return must(['ip', ...options, '-batch', '-'], { input: commands.join('\n') });
}

function words(command: string): string[] {
  return command.split(/\s+/);
}
