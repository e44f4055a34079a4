import { parentPort } from 'node:worker_threads';
import { performKeyExchange } from '../crypto/key-exchange.ts';
import type { KeyExchangeJob } from '../crypto/key-exchange-job.ts';

// One thread of the job pool: each message is a job, each answer its result.
parentPort?.on('message', (job: KeyExchangeJob) => parentPort?.postMessage(performKeyExchange(job)));
