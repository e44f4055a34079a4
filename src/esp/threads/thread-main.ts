import { parentPort, workerData } from 'node:worker_threads';
import type { Report } from '../commands.ts';
import { runInbound } from './run-inbound.ts';
import { runOutbound } from './run-outbound.ts';
import type { ThreadData } from './thread-data.ts';

// One of the two threads that carry the packets.
const data = workerData as ThreadData;
const report = (message: Report): void => parentPort?.postMessage(message);
if (data.role === 'outbound') runOutbound(data, report);
else runInbound(data, report);
