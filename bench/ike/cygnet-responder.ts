import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ENCRYPTION, INTEGRITY } from '../../src/crypto/algorithms.ts';
import { KeyExchangeTests, symmetricSelfTest } from '../../src/crypto/self-test.ts';
import { systemEntropy } from '../../src/crypto/system-entropy.ts';
import { ConfigurationStore } from '../../src/daemon/configuration-store.ts';
import { openControlSockets } from '../../src/daemon/control-sockets.ts';
import { Daemon } from '../../src/daemon/daemon.ts';
import { NoDataPlane } from '../../src/daemon/no-data-plane.ts';
import { Log } from '../../src/observe/log.ts';
import { answerCalls } from './calls.ts';

/** Cygnet's daemon whole, with its sockets, its workers and its control socket, but with no data plane below it. */
export type ResponderCall =
  /** How late the event loop was since the call before. */
  | { readonly kind: 'delays' }
  /** Collects what is of no use any more, such as what was read of the configuration, and tells how many bytes are in use. */
  | { readonly kind: 'collect' }
  /** Answered when so many Child SAs have been installed. */
  | { readonly kind: 'installed'; readonly count: number };

const [, , configPath = '', controlPath = ''] = process.argv;
const store = new ConfigurationStore(configPath);
const proposal = store.propose({ kind: 'reload' });
store.commit(proposal);
const integrity = INTEGRITY.map(({ keyword }) => keyword);
const encryption = ENCRYPTION.map(({ keyword }) => keyword);
const ike = { ...symmetricSelfTest().working, keyExchange: new KeyExchangeTests() };
const daemon = new Daemon({
  configuration: proposal.configuration,
  store,
  capabilities: { ike, esp: { encryption, integrity }, ah: { integrity } },
  dataPlane: new NoDataPlane(),
  addresses: { addresses: () => [], onChange: () => undefined, close: () => undefined },
  entropy: systemEntropy,
  // As charon's log is off, too: what goes wrong is told.
  log: new Log({ level: 'error' }),
  version: { version: '', api: 1, startedAt: new Date().toISOString(), dataPlane: 'none' },
  privileged: false,
});
await openControlSockets(
  daemon,
  { controlPath, controlGroup: undefined, readGroup: undefined, viciPath: undefined },
  (error) => console.error(error),
);
daemon.start();

const delays = monitorEventLoopDelay({ resolution: 5 });
delays.enable();
process.on('SIGTERM', () => process.exit());

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

answerCalls(async (call: ResponderCall) => {
  if (call.kind === 'delays') return delaysSoFar();
  return call.kind === 'collect' ? bytesInUse() : installed(call.count);
});

function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Milliseconds. */
function delaysSoFar(): { readonly max: number; readonly p99: number } {
  const told = { max: delays.max / 1e6, p99: delays.percentile(99) / 1e6 };
  delays.reset();
  return told;
}

function installed(count: number): Promise<void> {
  let left = count;
  return new Promise((resolve) => {
    const silence = daemon.api.events.subscribe({
      onEvent: ({ event }) => {
        if (event !== 'child.installed' || --left > 0) return;
        silence();
        resolve();
      },
    });
  });
}
