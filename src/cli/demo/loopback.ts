import { EXIT, type ExitStatus } from '../../control/exit.ts';
import type { TunnelStatus } from '../../control/protocol.ts';
import { CliFailure } from '../failure.ts';
import type { Rehearse } from '../ports.ts';
import type { Terminal } from '../terminal.ts';
import { configurationText, type End, LEFT, RIGHT } from './ends.ts';
import { Steps } from './steps.ts';

export type LoopbackOptions = {
  readonly terminal: Terminal;
  readonly key: string;
  readonly rehearse: Rehearse;
  /** Why there are no namespaces. */
  readonly refusal: string;
  readonly statusTable: (tunnels: readonly TunnelStatus[]) => string;
};

const HERE: End = { ...LEFT, outer: '127.0.0.1' };
const THERE: End = { ...RIGHT, outer: '127.0.0.2' };

/** What of the demo needs no rights: the negotiation, between two gateways in this process. */
export async function playOnLoopback(options: LoopbackOptions): Promise<ExitStatus> {
  const { terminal, key, rehearse, refusal, statusTable } = options;
  const steps = new Steps(terminal);
  const initiator = configurationText(HERE, THERE, { start: 'initiate', carried: false });
  steps.next(
    'What this machine does not permit',
    `The demo has no networks of its own: ${refusal}.`,
    'So no packet can be carried here, and none is: no tunnel interface, no ping, no traffic. What can be shown is how two',
    'gateways agree on a tunnel: in one process, over the loopback, on ports that need no rights, with no data plane.',
  );
  steps.next('Two configurations', 'The key is new. That of "left":', '', ...initiator.trimEnd().split('\n'));
  steps.next('Two gateways', 'What "left" tells:', '');
  const begun = terminal.now();
  const statuses = await rehearse({
    configurations: [initiator, configurationText(THERE, HERE, { start: 'respond', carried: false })],
    key,
    onEvent: ({ level, text }) => {
      if (level !== 'debug') steps.say(text);
    },
    patience: 20_000,
  });
  const failed = statuses.flat().find(({ connectionStatus }) => connectionStatus !== 'connected');
  if (failed !== undefined)
    throw new CliFailure(EXIT.failed, failed.reason?.text ?? `it is ${failed.connectionStatus}`);
  steps.next('What "cygnet status" says of them');
  for (const [index, tunnels] of statuses.entries()) {
    steps.say(`at "${[HERE, THERE][index]?.name}":`);
    terminal.out(statusTable(tunnels));
  }
  const took = ((terminal.now() - begun) / 1_000).toFixed(1);
  steps.next('That was it', `It took ${took} s, and nothing of it is left. Run it as root to see traffic go through.`);
  return EXIT.ok;
}
