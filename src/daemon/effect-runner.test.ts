import { describe, expect, it } from 'vitest';
import type { Now } from '../base/time.ts';
import type { KeyExchangeResult } from '../crypto/key-exchange-job.ts';
import type { Effect } from '../ike/common/effect.ts';
import type { Input } from '../ike/common/input.ts';
import { EffectRunner } from './effect-runner.ts';

const here = { address: '192.0.2.1', port: 500 };
const there = { address: '192.0.2.2', port: 500 };
const query: Effect = { kind: 'dataplane', request: 1, operation: { kind: 'query', sas: [] } };
const job: Effect = {
  kind: 'job',
  request: 2,
  job: { kind: 'ke.generate', method: 'curve25519', privateKey: new Uint8Array(32) },
  established: false,
};
const refused: KeyExchangeResult = { kind: 'ke.refused', reason: 'test' };

/** A machine that answers each input with what the test says, and actuators that write down what they are asked. */
function setUp(
  answers: Partial<Record<Input['kind'], readonly Effect[] | Error>>,
  jobs: 'at once' | 'later' = 'later',
) {
  const trace: string[] = [];
  const bugs: [string, unknown][] = [];
  const waiting: (() => void)[] = [];
  let mono = 0;
  const runner = new EffectRunner({
    now: (): Now => ({ mono: ++mono, wall: 1_000 + mono }),
    onBug: (during, error) => bugs.push([during, error]),
    machine: {
      handle(input, now) {
        trace.push(`${input.kind} at ${now.mono}`);
        const answer = answers[input.kind] ?? [];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    actuators: {
      send: (from, to, datagram) => trace.push(`send ${from.address} ${to.address} ${datagram.join(' ')}`),
      setTimer: (key, at) => {
        if (key === 'bad') throw new RangeError('bad timer');
        trace.push(`set ${key} ${at}`);
      },
      clearTimer: (key) => trace.push(`clear ${key}`),
      perform: (request) => {
        trace.push(request.kind);
        return { kind: 'done' };
      },
      run: (_, answer) => {
        trace.push('job');
        if (jobs === 'at once') answer(refused);
        else waiting.push(() => answer(refused));
      },
      resolve: ({ tunnel, name }, answer) => {
        trace.push(`resolve ${name} for ${tunnel}`);
        answer('192.0.2.2');
      },
      publish: (event, now) => trace.push(`${event.type} at ${now.wall}`),
    },
  });
  return { runner, trace, bugs, finishJobs: () => waiting.splice(0).forEach((finish) => void finish()) };
}

const timer: Input = { kind: 'timer', key: '1/dpd' };

describe('effect runner', () => {
  it('performs the effects of one input in order, and stamps events with the time of that input', () => {
    const { runner, trace } = setUp({
      timer: [
        { kind: 'send', from: here, to: there, datagram: Uint8Array.of(1, 2) },
        { kind: 'timer.set', key: '1/retransmit', at: 500 },
        { kind: 'emit', event: { type: 'ike.established', ikeSa: 1 } },
        { kind: 'timer.clear', key: '1/half-open' },
      ],
    });
    runner.input(timer);
    expect(trace).toEqual([
      'timer at 1',
      'send 192.0.2.1 192.0.2.2 1 2',
      'set 1/retransmit 500',
      'ike.established at 1001',
      'clear 1/half-open',
    ]);
  });

  it('the answer of the data plane becomes an input after the whole batch, with a time of its own', () => {
    const { runner, trace } = setUp({ timer: [query, { kind: 'timer.set', key: '1/dpd', at: 9 }] });
    runner.input(timer);
    expect(trace).toEqual(['timer at 1', 'query', 'set 1/dpd 9', 'dataplane.reply at 2']);
  });

  it.each(['at once', 'later'] as const)('a job that ends %s is answered once, after the batch', (when) => {
    const { runner, trace, finishJobs } = setUp({ timer: [job, query] }, when);
    runner.input(timer);
    finishJobs();
    expect(trace.slice(0, 3)).toEqual(['timer at 1', 'job', 'query']);
    expect(trace.slice(3).map((line) => line.split(' ')[0])).toEqual(
      when === 'at once' ? ['job.reply', 'dataplane.reply'] : ['dataplane.reply', 'job.reply'],
    );
  });

  it('the address of a name becomes an input after the batch', () => {
    const { runner, trace } = setUp({ timer: [{ kind: 'resolve', tunnel: 'idc', name: 'peer.example' }, query] });
    runner.input(timer);
    expect(trace.slice(1)).toEqual(['resolve peer.example for idc', 'query', 'resolved at 2', 'dataplane.reply at 3']);
  });

  it('an input that comes from within a callback waits its turn', () => {
    const { runner, trace } = setUp({ timer: [query] });
    runner.call('up', () => {
      runner.input(timer);
      trace.push('up');
      return [{ kind: 'timer.set', key: 'tunnel', at: 1 }];
    });
    expect(trace).toEqual(['up', 'set tunnel 1', 'timer at 2', 'query', 'dataplane.reply at 3']);
  });

  it('an exception out of the machine is reported with the kind of input, and the next input is handled', () => {
    const bug = new Error('bug: no such thing');
    const { runner, trace, bugs } = setUp({ timer: bug, 'dataplane.event': [query] });
    runner.input(timer);
    runner.input({ kind: 'dataplane.event', event: { kind: 'overrun' } });
    expect(bugs).toEqual([['timer', bug]]);
    expect(trace).toEqual(['timer at 1', 'dataplane.event at 2', 'query', 'dataplane.reply at 3']);
  });

  it('an exception out of one effect is reported with its kind, and the rest of the batch is performed', () => {
    const { runner, trace, bugs } = setUp({ timer: [{ kind: 'timer.set', key: 'bad', at: 1 }, query] });
    runner.input(timer);
    expect(bugs).toEqual([['timer.set', new RangeError('bad timer')]]);
    expect(trace.slice(1)).toEqual(['query', 'dataplane.reply at 2']);
  });
});
