import { describe, expect, it } from 'vitest';
import type { KeyExchangeResult } from '../crypto/key-exchange-job.ts';
import type { ActuatorParts } from './actuators.ts';
import { daemonActuators } from './actuators.ts';
import { MemoryDataPlane } from './testing/memory-data-plane.ts';
import { RecordingLog } from './testing/recording-log.ts';

function setUp(changes: Partial<ActuatorParts> = {}) {
  const log = new RecordingLog();
  let now = 0;
  const actuators = daemonActuators({
    sockets: { send: () => undefined },
    timers: { set: () => undefined, clear: () => undefined },
    dataPlane: new MemoryDataPlane(),
    jobs: { run: (_, answer) => answer({ kind: 'ke.refused', reason: 'test' } satisfies KeyExchangeResult) },
    resolver: {
      resolve: async (name, family) => (name === 'peer.example' && family === 6 ? '2001:db8::1' : undefined),
    },
    familyOf: (tunnel) => (tunnel === 'v6' ? 6 : 4),
    publish: () => undefined,
    log,
    now: () => now,
    ...changes,
  });
  return {
    actuators,
    log,
    advance: (by: number) => {
      now += by;
    },
  };
}

const here = { address: '192.0.2.1', port: 500 };
const there = { address: '192.0.2.2', port: 500 };

describe('actuators', () => {
  it('a datagram that cannot be sent is told with its cause, at a limited rate', () => {
    const { actuators, log, advance } = setUp({ sockets: { send: () => 'EINVAL' } });
    for (let index = 0; index < 100; index++) actuators.send(here, there, Uint8Array.of(1));
    expect(log.lines).toHaveLength(5);
    expect(log.lines[0]?.msg).toBe(
      'cannot send from 192.0.2.1:500 to 192.0.2.2:500: EINVAL; is that an address of this machine, and is there a route?',
    );
    advance(10_000);
    actuators.send(here, there, Uint8Array.of(1));
    expect(log.lines).toHaveLength(6);
  });

  it('a data plane that throws refuses the request, so that every request has its reply', () => {
    const dataPlane = {
      perform: () => {
        throw new RangeError('no such field');
      },
    };
    const { actuators, log } = setUp({ dataPlane });
    const reply = actuators.perform({ kind: 'query', sas: [] });
    expect(reply).toEqual({ kind: 'refused', failure: { operation: 'query', code: 'EFAULT' } });
    expect(log.lines).toMatchObject([{ level: 'error', event: 'bug' }]);
  });

  it("a peer's name is looked up in the family of the tunnel's own address", async () => {
    const { actuators } = setUp();
    const resolve = (tunnel: string) =>
      new Promise((answer) => actuators.resolve({ tunnel, name: 'peer.example' }, answer));
    expect(await resolve('v6')).toBe('2001:db8::1');
    expect(await resolve('v4')).toBeUndefined();
  });
});
