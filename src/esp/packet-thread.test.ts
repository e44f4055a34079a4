import { describe, expect, it } from 'vitest';
import type { Report } from './commands.ts';
import { Counters } from './counters.ts';
import { PacketThread } from './packet-thread.ts';

/** What a thread does with each command, as the text of a script: compiled ones are there in a build only. */
function scriptOf(onCommand: string): URL {
  const text = `
    import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
    const applied = new Int32Array(workerData.applied);
    const done = () => { Atomics.add(applied, 0, 1); Atomics.notify(applied, 0); };
    for (let stopped = false; !stopped; Atomics.wait(applied, 0, Atomics.load(applied, 0), 1)) {
      const command = receiveMessageOnPort(workerData.commands)?.message;
      if (command === undefined) continue;
      stopped = command.kind === 'stop';
      ${onCommand}
    }`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

function start(onCommand: string, startPatience = 20_000) {
  const reports: Report[] = [];
  const crashes: Error[] = [];
  const thread = PacketThread.start({
    role: 'inbound',
    counters: new Counters().buffer,
    tun: { fd: -1, headerBytes: 10, mtu: 1400 },
    carriers: [],
    onReport: (report) => reports.push(report),
    onCrash: (error) => crashes.push(error),
    script: scriptOf(onCommand),
    startPatience,
  });
  return { thread, reports, crashes };
}

describe('a thread that carries packets', () => {
  it('is at work when it has started, tells what happens, and ends when it is told to', async () => {
    const { thread, reports, crashes } = start(`parentPort.postMessage({ kind: 'oversize', slot: 5 }); done();`);
    await expect.poll(() => reports).toEqual([{ kind: 'oversize', slot: 5 }]);
    expect(thread.ended).toBe(false);
    thread.stop();
    thread.stop();
    expect([thread.ended, crashes]).toEqual([true, []]);
  });

  it('that crashes says so, and is stopped without being asked', async () => {
    const { thread, crashes } = start(`if (command.kind !== 'begin') throw new Error('as you wish'); done();`);
    thread.link.post({ kind: 'remove-sa', slot: 1 });
    await expect.poll(() => crashes.map(({ message }) => message)).toEqual(['as you wish']);
    const started = performance.now();
    thread.stop();
    expect(thread.ended).toBe(true);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('that does not start is no thread, and tells of no crash afterwards', async () => {
    const before = process.listenerCount('exit');
    expect(() => start(`throw new Error('no');`, 300)).toThrow('the inbound thread did not start');
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('that does not stop has not ended, and what it uses must not be closed', () => {
    const { thread } = start(`if (command.kind === 'begin') done();`);
    thread.stop();
    expect(thread.ended).toBe(false);
  });
});
