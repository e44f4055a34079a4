import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DaemonProcess } from '../daemon-process.ts';
import type { Lab } from '../lab.ts';
import { poll } from '../poll.ts';
import { inNamespace, must } from '../shell.ts';
import { siteOf } from '../sides.ts';
import { segmentHosts, sourceNamespace } from '../topology.ts';

const PROGRAM = fileURLToPath(new URL('../tcp-echo.js', import.meta.url));
const PORT = '8080';

/** A connection from the first segment of a to that of b, which carries so many bytes there and back. */
export async function expectTcp(lab: Lab, bytes: number): Promise<void> {
  const { topology } = lab.scenario;
  const [[client = ''], [server = '']] = [segmentHosts(siteOf(topology, 'a')), segmentHosts(siteOf(topology, 'b'))];
  const logFile = join(lab.directory, 'tcp-echo.log');
  // What an earlier one said there must not look like this one's.
  rmSync(logFile, { force: true });
  const listen = [process.execPath, PROGRAM, 'listen', server, PORT];
  const listener = new DaemonProcess(sourceNamespace('b', topology), listen, { logFile });
  try {
    await poll(async () =>
      listener.log.includes('listening') ? { value: true } : { unmet: `nothing listens: ${listener.log}` },
    );
    const program = [process.execPath, PROGRAM, 'send', server, PORT, client, String(bytes)];
    await must(inNamespace(sourceNamespace('a', topology), program));
  } finally {
    await listener.kill();
  }
}
