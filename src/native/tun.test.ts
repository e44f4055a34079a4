import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createArena } from './arena.ts';
import { EAGAIN, EBADFD } from './errno.ts';
import { readInto, writeFrom } from './packet-calls.ts';
import { PollSet } from './poll-set.ts';
import { NetworkNamespace, namespacesMissing } from './testing/network-namespace.ts';
import type { TunOptions } from './tun.ts';
import { TunDevice } from './tun.ts';

const EINVAL = 22;
const PROTOCOL_UDP = 17;

describe.skipIf(namespacesMissing)(`TUN interfaces (${namespacesMissing ?? 'as root'})`, () => {
  let namespace: NetworkNamespace;
  const open: TunDevice[] = [];
  beforeAll(() => {
    namespace = NetworkNamespace.create();
  });
  afterEach(() => {
    for (const tun of open.splice(0)) tun.close();
  });
  afterAll(() => namespace.close());

  function openTun(options?: TunOptions): TunDevice {
    const tun = namespace.run(() => TunDevice.open(options));
    open.push(tun);
    return tun;
  }

  function start(tun: TunDevice): void {
    // Router solicitations would come before the packets that are looked for.
    namespace.ip(`link set ${tun.name} addrgenmode none`);
    namespace.ip(`addr add 10.8.0.1/24 dev ${tun.name}`);
    namespace.ip(`link set ${tun.name} up`);
  }

  it('are numbered, or named as wanted, and go with their descriptor', () => {
    expect([openTun().name, openTun().name, openTun({ name: 'tunnel.7' }).name]).toEqual([
      'cygnet0',
      'cygnet1',
      'tunnel.7',
    ]);
    expect(namespace.ip('-o link show')).toContain('tunnel.7: <POINTOPOINT,MULTICAST,NOARP>');
    for (const tun of open.splice(0)) tun.close();
    expect(namespace.ip('-o link show')).not.toContain('tunnel.7');
  });

  it('that somebody has removed are gone, though their descriptor is not', () => {
    const tun = openTun();
    expect(tun.exists).toBe(true);
    namespace.ip(`link delete ${tun.name}`);
    expect(tun.exists).toBe(false);
    expect(readInto(tun.fd, createArena(64).address, 64)).toBe(-EBADFD);
  });

  it('of one name there is one, and none has a name that is too long', () => {
    openTun({ name: 'mine' });
    expect(() => openTun({ name: 'mine' })).toThrow('ioctl TUNSETIFF: EBUSY');
    expect(() => openTun({ name: 'longer-than-fifteen' })).toThrow(RangeError);
    expect(() => openTun({ name: 'a b' })).toThrow(RangeError);
  });

  it('packets that are routed into it are read, one at a time, and what is written comes back', () => {
    const tun = openTun();
    start(tun);
    const arena = createArena(2048);
    expect(readInto(tun.fd, arena.address, 2048)).toBe(-EAGAIN);
    expect(new PollSet([tun.fd]).wait(0)).toBe(0);
    sendUdp('10.8.0.2', 100);
    expect(new PollSet([tun.fd]).wait(1000)).toBe(1);
    expect(readInto(tun.fd, arena.address + 64, 1024)).toBe(128);
    expect([...arena.bytes.subarray(64, 66)]).toEqual([0x45, 0]);
    expect([...arena.bytes.subarray(64 + 12, 64 + 20)]).toEqual([10, 8, 0, 1, 10, 8, 0, 2]);
    expect(readInto(tun.fd, arena.address, 2048)).toBe(-EAGAIN);
    expect(writeFrom(tun.fd, arena.address + 64, 128)).toBe(128);
    expect(writeFrom(tun.fd, arena.address, 20)).toBe(-EINVAL); // no IP version
  });

  it('with offload, a header of 10 bytes tells what is left to do: the checksum of a UDP packet', () => {
    const tun = openTun({ offload: 'tcp' });
    expect([tun.offload, tun.headerBytes]).toEqual(['tcp', 10]);
    start(tun);
    const arena = createArena(2048);
    sendUdp('10.8.0.2', 100);
    expect(new PollSet([tun.fd]).wait(1000)).toBe(1);
    expect(readInto(tun.fd, arena.address, 2048)).toBe(138);
    const [flags, type] = arena.bytes;
    expect([flags, type]).toEqual([1, 0]); // VIRTIO_NET_HDR_F_NEEDS_CSUM, no segments
    expect([arena.view.getUint16(6, true), arena.view.getUint16(8, true)]).toEqual([20, 6]);
    expect(arena.bytes[10 + 9]).toBe(PROTOCOL_UDP);
  });

  it('offload of UDP is there, or that of TCP alone', () => {
    expect(['tcp', 'tcp-udp']).toContain(openTun({ offload: 'tcp-udp' }).offload);
    expect(openTun().offload).toBe('none');
  });

  /** `length` bytes of payload, from another process: the packets of this one would wait for its event loop. */
  function sendUdp(address: string, length: number): void {
    namespace.exec('bash', ['-c', `head -c ${length} /dev/zero > /dev/udp/${address}/9`]);
  }
});
