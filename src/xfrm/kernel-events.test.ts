import { beforeEach, describe, expect, it } from 'vitest';
import { buildMessage } from '../netlink/netlink.ts';
import { kernelMessages } from '../netlink/testing/netlink-vectors.ts';
import type { DataPlaneEvent } from '../sa/data-plane.ts';
import { FakeKernel } from './testing/fake-kernel.ts';
import { addPolicy, addSa, INBOUND, outPolicy, template } from './testing/specs.ts';
import { XfrmDataPlane } from './xfrm-data-plane.ts';

/** The SAs of the recorded events. */
const MAPPED = { ...INBOUND, spi: 0xc000_0001 };
const EXPIRED = { ...INBOUND, spi: 0xc000_0009 };

let kernel: FakeKernel;
let plane: XfrmDataPlane;
let events: DataPlaneEvent[];
let now: number;

beforeEach(() => {
  kernel = new FakeKernel();
  now = 0;
  plane = new XfrmDataPlane({ xfrm: kernel.port(), route: kernel.port('RTM'), events: kernel.port(), now: () => now });
  events = [];
  plane.onEvent((event) => events.push(event));
});

describe('events of the kernel', () => {
  it('of SAs and policies that are not ours are not told', () => {
    plane.perform({ kind: 'apply', steps: [addPolicy('a', outPolicy({ template: template(8) }))] });
    for (const name of ['event-acquire-tcp', 'event-mapping', 'event-expire-soft', 'event-expire-hard']) emit(name);
    expect(events).toEqual([]);
  });

  it('acquire is told for a reqid of our policies', () => {
    plane.perform({ kind: 'apply', steps: [addPolicy('a', outPolicy())] });
    emit('event-acquire-tcp');
    expect(events).toMatchObject([{ kind: 'acquire', reqid: 7 }]);
  });

  it('a hard expiry is told once, and the SA is no longer ours', () => {
    plane.perform({ kind: 'apply', steps: [addSa(EXPIRED)] });
    emit('event-expire-soft');
    emit('event-expire-hard');
    emit('event-expire-hard');
    expect(events.map((event) => event.kind === 'expire' && event.hard)).toEqual([false, true]);
    plane.close();
    expect(kernel.log).toEqual(['NEWSA']);
  });

  it('the end of a larval SA is nobody’s business', () => {
    plane.perform({ kind: 'allocate-spi', protocol: 'esp', local: '192.0.2.2', remote: '192.0.2.1', reqid: 7 });
    const [larval] = [...kernel.sas.values()];
    kernel.emit(
      buildMessage(0x18, 0, (writer) =>
        writer
          .bytes(larval ?? new Uint8Array())
          .u8(1)
          .zeros(7),
      ),
    );
    expect(events).toEqual([]);
  });

  it('a mapping is told once a second, a different one at once', () => {
    plane.perform({ kind: 'apply', steps: [addSa(MAPPED)] });
    for (now of [0, 1, 999]) emit('event-mapping');
    expect(events).toHaveLength(1);
    now = 1001;
    emit('event-mapping');
    expect(events).toHaveLength(2);
    const [message] = kernelMessages('event-mapping');
    const other = message?.payload.slice() ?? new Uint8Array();
    other[63] = 77;
    kernel.emit(buildMessage(0x26, 0, (writer) => writer.bytes(other)));
    expect(events).toHaveLength(3);
  });

  it('an overrun makes up for expiries that were lost, then says so', () => {
    plane.perform({ kind: 'apply', steps: [addSa(MAPPED), addSa(EXPIRED)] });
    kernel.sas.delete([...kernel.sas.keys()][1] ?? '');
    kernel.overrun();
    expect(events).toMatchObject([{ kind: 'expire', sa: { spi: EXPIRED.spi }, hard: true }, { kind: 'overrun' }]);
  });

  it('an event that does not parse counts as lost', () => {
    kernel.emit(buildMessage(0x18, 0, (writer) => writer.zeros(10)));
    kernel.emit(Uint8Array.of(255, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0));
    expect(events).toEqual([{ kind: 'overrun' }, { kind: 'overrun' }]);
  });
});

function emit(name: string): void {
  for (const { type, payload } of kernelMessages(name))
    kernel.emit(buildMessage(type, 0, (writer) => writer.bytes(payload)));
}
