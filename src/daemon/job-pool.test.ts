import { afterEach, describe, expect, it } from 'vitest';
import type { KeyExchangeJob, KeyExchangeResult } from '../crypto/key-exchange-job.ts';
import type { JobPoolOptions } from './job-pool.ts';
import { JobPool } from './job-pool.ts';

const open: JobPool[] = [];
afterEach(async () => {
  for (const pool of open.splice(0)) await pool.close();
});

function openPool(options: JobPoolOptions): JobPool {
  const pool = new JobPool(options);
  open.push(pool);
  return pool;
}

function script(source: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

/** Answers each job with its private key; key 255 crashes the thread, key 254 is never answered. */
const ECHO = script(`
  import { parentPort, threadId } from 'node:worker_threads';
  parentPort.on('message', ({ privateKey }) => {
    if (privateKey[0] === 255) throw new Error('worker failed');
    if (privateKey[0] === 254) return;
    parentPort.postMessage({ kind: 'ke.generate', publicValue: Uint8Array.of(privateKey[0], threadId) });
  });
`);

function job(number: number): KeyExchangeJob {
  return { kind: 'ke.generate', method: 'modp2048', privateKey: new Uint8Array(32).fill(number) };
}

function result(pool: JobPool, number: number): Promise<KeyExchangeResult> {
  return new Promise((resolve) => pool.run(job(number), resolve));
}

function quickJob(number: number): KeyExchangeJob {
  return { kind: 'ke.generate', method: 'curve25519', privateKey: new Uint8Array(32).fill(number) };
}

/** The job number that a result of `ECHO` carries. */
function numberOf(answer: KeyExchangeResult): number | undefined {
  return answer.kind === 'ke.generate' ? answer.publicValue[0] : undefined;
}

describe('job pool', () => {
  it('gives each job its own result', async () => {
    const pool = openPool({ size: 2, script: ECHO });
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const results = await Promise.all(numbers.map((number) => result(pool, number)));
    expect(results.map(numberOf)).toEqual(numbers);
  });

  it('uses no more threads than its size, and that many under load', async () => {
    const pool = openPool({ size: 2, script: ECHO });
    const results = await Promise.all(Array.from({ length: 200 }, (_, index) => result(pool, index)));
    const threads = new Set(results.map((answer) => answer.kind === 'ke.generate' && answer.publicValue[1]));
    expect(threads.size).toBe(2);
  });

  it.each([
    ['in a thread', job],
    ['in the event loop', quickJob],
  ])('does those of established IKE SAs first, %s', async (_, make) => {
    const pool = openPool({ size: 1, script: ECHO });
    const done: string[] = [];
    const all = Array.from({ length: 60 }, (_, number) => {
      const established = number >= 50;
      return new Promise<void>((resolve) => {
        pool.run(
          make(number),
          () => {
            done.push(established ? 'established' : 'other');
            resolve();
          },
          established,
        );
      });
    });
    await Promise.all(all);
    // One may be under way already.
    expect(done.slice(1, 11).filter((kind) => kind === 'established').length).toBeGreaterThanOrEqual(9);
  });

  it('refuses none of established IKE SAs for what others want', async () => {
    const pool = openPool({ size: 1, script: ECHO, queueLimit: 2 });
    const flood = Array.from({ length: 10 }, () => result(pool, 1));
    const rekeyed = new Promise<KeyExchangeResult>((resolve) => pool.run(job(7), resolve, true));
    expect(numberOf(await rekeyed)).toBe(7);
    const kinds = (await Promise.all(flood)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'ke.refused').length).toBeGreaterThanOrEqual(7);
  });

  it('a job whose thread crashes is refused, and the jobs behind it are done by a new thread', async () => {
    const crashes: string[] = [];
    const pool = openPool({ size: 1, script: ECHO, onCrash: (error) => crashes.push(error.message) });
    const results = await Promise.all([result(pool, 1), result(pool, 255), result(pool, 2), result(pool, 3)]);
    expect(results.map(({ kind }) => kind)).toEqual(['ke.generate', 'ke.refused', 'ke.generate', 'ke.generate']);
    expect(crashes).toEqual(['worker failed']);
  });

  it('a script that cannot even start refuses each job instead of trying for ever', async () => {
    let crashes = 0;
    const pool = openPool({ size: 1, script: new URL('file:///nonexistent/worker.js'), onCrash: () => crashes++ });
    const results = await Promise.all([result(pool, 1), result(pool, 2)]);
    expect(results.map(({ kind }) => kind)).toEqual(['ke.refused', 'ke.refused']);
    expect(crashes).toBe(2);
  });

  it('a full queue refuses, but never before `run` returns', async () => {
    const pool = openPool({ size: 1, queueLimit: 1, script: ECHO });
    const answers: string[] = [];
    pool.run(job(254), () => answers.push('hung'));
    pool.run(job(1), () => answers.push('waiting'));
    const refused = new Promise<KeyExchangeResult>((resolve) => {
      pool.run(job(2), (answer) => {
        answers.push('refused');
        resolve(answer);
      });
    });
    expect(answers).toEqual([]);
    expect(await refused).toEqual({ kind: 'ke.refused', reason: 'too many key exchanges are waiting' });
    expect(answers).toEqual(['refused']);
  });

  it('after closing, nothing is answered any more, whatever was under way', async () => {
    const pool = openPool({ size: 1, script: ECHO });
    const answers: KeyExchangeResult[] = [];
    for (const number of [254, 1, 255]) pool.run(job(number), (answer) => answers.push(answer));
    await pool.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answers).toEqual([]);
  });

  it('run from the sources, where no compiled worker exists, jobs are done in this thread, off the stack', async () => {
    const pool = openPool({});
    let answered = false;
    pool.run(quickJob(7), () => {
      answered = true;
    });
    expect(answered).toBe(false);
    const answer = await new Promise<KeyExchangeResult>((resolve) => pool.run(quickJob(7), resolve));
    expect(answer.kind === 'ke.generate' && answer.publicValue.length).toBe(32);
  });

  it('what is quicker done than handed over is done in this thread, off the stack, and no more than may wait', async () => {
    const pool = openPool({ size: 1, queueLimit: 40, script: ECHO });
    const answers: KeyExchangeResult[] = [];
    const all = new Promise<void>((resolve) => {
      for (let number = 0; number < 41; number++)
        pool.run(quickJob(number), (answer) => {
          if (answers.push(answer) === 41) resolve();
        });
    });
    expect(answers).toEqual([]);
    await all;
    const lengths = answers.flatMap((answer) => (answer.kind === 'ke.generate' ? [answer.publicValue.length] : []));
    // A thread would have answered with two bytes.
    expect(lengths).toEqual(Array.from({ length: 40 }, () => 32));
  });

  it('after closing, what waits in this thread is not answered any more, either', async () => {
    const pool = openPool({ size: 1, script: ECHO });
    const answers: KeyExchangeResult[] = [];
    for (const number of [1, 2, 3])
      pool.run(quickJob(number), (answer) => {
        answers.push(answer);
        void pool.close();
      });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answers.length).toBe(1);
  });
});
