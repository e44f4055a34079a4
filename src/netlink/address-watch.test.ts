import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../base/net.ts';
import { FakeKernel } from '../xfrm/testing/fake-kernel.ts';
import { AddressWatch } from './address-watch.ts';

function watch(addresses: readonly IpAddress[]) {
  const kernel = new FakeKernel();
  kernel.addresses = addresses;
  return { kernel, watch: new AddressWatch({ route: kernel.port('RTM'), events: kernel.port('RTM') }) };
}

describe('the own addresses', () => {
  it('are those of both families', () => {
    expect(watch(['192.0.2.1', '2001:db8::1']).watch.addresses()).toEqual(['192.0.2.1', '2001:db8::1']);
  });

  it.each([
    ['switched off', 0x40],
    ['without carrier', 0x1],
  ])('are not usable on an interface that is %s', (_, flags) => {
    const { kernel, watch: own } = watch(['192.0.2.1']);
    kernel.linkFlags = flags;
    expect(own.addresses()).toEqual([]);
  });

  it('are none where the kernel does not tell', () => {
    const { kernel, watch: own } = watch(['192.0.2.1']);
    kernel.refuse = (name) => (name === 'GETADDR' ? 1 : undefined);
    expect(own.addresses()).toEqual([]);
  });

  it('may have changed with every event, and where events were lost', () => {
    const { kernel, watch: own } = watch([]);
    let changes = 0;
    own.onChange(() => changes++);
    kernel.emit(new Uint8Array(16));
    kernel.overrun();
    expect(changes).toBe(2);
    own.close();
    expect(kernel.closed).toBe(2);
  });
});
