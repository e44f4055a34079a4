import { run } from './run.ts';
import { processTerminal } from './terminal.ts';

process.exitCode = await run(process.argv.slice(2), {
  terminal: processTerminal(),
  // Loaded only when it is asked for: a client needs neither the FFI nor the algorithms.
  startDaemon: async (options) => (await import('../daemon/start.ts')).startDaemon(options),
  rehearse: async (options) => (await import('../daemon/rehearsal.ts')).rehearse(options),
});
