import { describe, expect, it } from 'vitest';
import type { ControlEvent } from '../control/protocol.ts';
import { rehearse } from './rehearsal.ts';

const KEY = 'abcdefghijklmnopqrstuvwxyz';

function configurations(peer: string): readonly [string, string] {
  const text = (here: string, there: string, local: number, remote: number, start: string) => `
version: 1
profile: modern
gateways: {here: {address: ${here}}}
peers: {there: {address: ${there}}}
tunnels:
  t:
    gateway: here
    peer: there
    local: {subnets: [10.${local}.0.0/16]}
    remote: {subnets: [10.${remote}.0.0/16]}
    psk: {file: t.psk}
    start: ${start}
`;
  return [text('127.0.0.1', peer, 1, 2, 'initiate'), text('127.0.0.2', '127.0.0.1', 2, 1, 'respond')];
}

describe('a rehearsal', () => {
  it('two gateways in one process connect, without rights and without a data plane', async () => {
    const events: ControlEvent[] = [];
    const statuses = await rehearse({
      configurations: configurations('127.0.0.2'),
      key: KEY,
      onEvent: (event) => void events.push(event),
      patience: 60_000,
    });
    const [[left], [right]] = statuses as [(typeof statuses)[0], (typeof statuses)[0]];
    expect([left?.connectionStatus, right?.connectionStatus]).toEqual(['connected', 'connected']);
    expect(left?.ike).toMatchObject({ role: 'initiator', local: '127.0.0.1:4500', remote: '127.0.0.2:4500' });
    expect(left?.children[0]).toMatchObject({ spiIn: right?.children[0]?.spiOut, packetsIn: 0, encap: false });
    expect(events.map(({ event }) => event)).toContain('child.installed');
  });

  it('ends when patience does where they do not connect, and says how things are then', async () => {
    const nobody = configurations('127.0.0.3');
    const [left, right] = await rehearse({ configurations: nobody, key: KEY, onEvent: () => undefined, patience: 200 });
    expect(left?.[0]?.connectionStatus).toBe('connecting');
    expect(right?.[0]?.connectionStatus).toBe('waiting');
  });
});
