import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IpAddress } from '../base/net.ts';
import { LocalAddresses } from './local-addresses.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ROAMER = { name: 'gw', address: '192.0.2.1', alternatives: ['192.0.2.2', '192.0.2.3'] };

function choosing(gateways = [ROAMER]) {
  const said: unknown[] = [];
  const present: IpAddress[] = [];
  let event = () => {};
  const chooser = new LocalAddresses({
    source: {
      addresses: () => present,
      onChange: (callback) => {
        event = callback;
      },
      close: () => void said.push('closed'),
    },
    gateways: () => gateways,
    onChange: ({ gateway, address, others }) => said.push([gateway, address, ...others]),
    onNone: (gateway) => said.push(`${gateway} has none`),
    onAddresses: () => undefined,
  });
  const becomes = (...addresses: readonly IpAddress[]) => {
    present.splice(0, present.length, ...addresses);
    event();
    vi.runAllTimers();
    return said.splice(0);
  };
  return { chooser, said, becomes, event: () => event() };
}

describe('a gateway with several addresses', () => {
  it('uses the first one that the machine has, and hears of the others', () => {
    const { becomes } = choosing();
    expect(becomes('192.0.2.3', '127.0.0.1', '192.0.2.2')).toEqual([['gw', '192.0.2.2', '192.0.2.3']]);
    expect(becomes('192.0.2.1', '192.0.2.2', '192.0.2.3')).toEqual([['gw', '192.0.2.1', '192.0.2.2', '192.0.2.3']]);
    expect(becomes('192.0.2.3')).toEqual([['gw', '192.0.2.3']]);
  });

  it('hears nothing where nothing of its own has changed', () => {
    const { becomes } = choosing();
    becomes('192.0.2.2');
    expect(becomes('192.0.2.2', '10.0.0.1')).toEqual([]);
  });

  it('keeps what it had while there is none, and says so', () => {
    const { becomes } = choosing();
    expect(becomes('10.0.0.1')).toEqual(['gw has none']);
    expect(becomes('10.0.0.2')).toEqual([]);
    expect(becomes('192.0.2.3')).toEqual([['gw', '192.0.2.3']]);
  });

  it('is not bothered by each event of a burst, nor after the end', () => {
    const { chooser, said, event } = choosing();
    for (let n = 0; n < 100; n++) event();
    chooser.close();
    vi.runAllTimers();
    expect(said).toEqual(['closed']);
  });
});

it('a gateway with one address has no choice', () => {
  const { becomes } = choosing([{ ...ROAMER, alternatives: [] }]);
  expect(becomes('192.0.2.1')).toEqual([]);
});

it('after a change of the configuration it uses what that names', () => {
  const gateways = [ROAMER];
  const { chooser, becomes, said } = choosing(gateways);
  becomes('192.0.2.2');
  gateways[0] = { name: 'gw', address: '192.0.2.9', alternatives: [] };
  chooser.look();
  expect(said.splice(0)).toEqual([['gw', '192.0.2.9']]);
  gateways[0] = { name: 'gw', address: '192.0.2.7', alternatives: ['192.0.2.8'] };
  chooser.look();
  expect(said.splice(0)).toEqual(['gw has none', ['gw', '192.0.2.7']]);
  chooser.look();
  expect(said).toEqual([]);
  expect(becomes('192.0.2.7', '192.0.2.8')).toEqual([['gw', '192.0.2.7', '192.0.2.8']]);
});
