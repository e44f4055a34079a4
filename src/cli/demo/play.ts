import { mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { printable } from '../../base/printable.ts';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import type { TunnelStatus } from '../../control/protocol.ts';

import { CliFailure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { counted, formatBytes } from '../units.ts';
import { must } from './command.ts';
import { configurationText, LEFT, networkCommands, RIGHT, TUNNEL } from './ends.ts';
import { DemoGateway } from './gateway.ts';
import { ping, rateText, sendThroughTunnel } from './measure.ts';
import { Steps } from './steps.ts';

export type PlayOptions = {
  readonly terminal: Terminal;
  readonly key: string;
  /** How long the tunnel is filled. */
  readonly seconds: number;
  /** Shows what `cygnet status` says of a gateway, by its control socket. */
  readonly showStatus: (controlPath: string) => Promise<void>;
};

/** The whole demo, inside namespaces of its own, where nothing has to be cleaned up but the daemons. */
export async function play(options: PlayOptions): Promise<ExitStatus> {
  const { terminal, key, seconds } = options;
  const begun = terminal.now();
  const steps = new Steps(terminal);
  await buildNetwork(steps);
  const gateways = makeGateways(steps, key);
  try {
    await startGateways(steps, gateways);
    await showPings(steps);
    await showTraffic(steps, seconds);
    await showStatuses(steps, gateways, options);
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  }
  steps.next('That was it', 'Both daemons have ended, and their namespaces go with them: nothing of it is left.');
  steps.say(
    `It took ${((terminal.now() - begun) / 1_000).toFixed(0)} s. A first tunnel of your own: cygnet init --help`,
  );
  return EXIT.ok;
}

async function buildNetwork(steps: Steps): Promise<void> {
  steps.next(
    'Two networks that cannot reach each other',
    `${LEFT.segment} is behind the gateway "left", ${RIGHT.segment} behind the gateway "right". Each gateway is a network`,
    `namespace of this machine; the cable between them knows ${LEFT.outer} and ${RIGHT.outer}, and nothing of what is behind.`,
  );
  const { outside, within } = networkCommands();
  await must(['ip', '-batch', '-'], `${outside.join('\n')}\n`);
  for (const end of [LEFT, RIGHT]) await must(['ip', '-n', end.name, '-batch', '-'], `${within(end).join('\n')}\n`);
  const report = await ping(LEFT, RIGHT, 1);
  if (report === undefined) return;
  if (report.answered > 0) throw new CliFailure(EXIT.failed, 'the networks reach each other without a tunnel');
  steps.say(`A ping from ${LEFT.inner} to ${RIGHT.inner}: no answer.`);
}

function makeGateways(steps: Steps, key: string): DemoGateway[] {
  const initiator = configurationText(LEFT, RIGHT, { start: 'initiate', carried: true });
  steps.next(
    'Two configurations',
    'Each names its own gateway, the peer and the segments; the key is new and in a file beside it. That of "left":',
    '',
    ...initiator.trimEnd().split('\n'),
  );
  const directory = '/run/cygnet-demo';
  mkdirSync(directory, { recursive: true });
  return [
    new DemoGateway(directory, LEFT, initiator, key),
    new DemoGateway(directory, RIGHT, configurationText(RIGHT, LEFT, { start: 'respond', carried: true }), key),
  ];
}

async function startGateways(steps: Steps, gateways: readonly DemoGateway[]): Promise<void> {
  steps.next('Two daemons', 'cygnet daemon --config cygnet.yaml, once in each namespace. What "left" tells:', '');
  // The one that only answers is there first, so that the other need not ask twice.
  for (const gateway of gateways.toReversed()) await gateway.start();
  for (const gateway of gateways) await connected(gateway, gateway.end === LEFT ? steps : undefined);
}

/** Waits until the tunnel is up, and tells the events from the daemon's start on. */
async function connected(gateway: DemoGateway, steps: Steps | undefined): Promise<void> {
  const abort = new AbortController();
  const told = steps === undefined ? Promise.resolve() : tell(gateway, steps, abort.signal);
  try {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const { tunnels } = await gateway.client.call('status', { tunnel: [TUNNEL] });
      const [tunnel] = tunnels;
      if (tunnel?.connectionStatus === 'connected') break;
      if (isOver(tunnel) || performance.now() > deadline) throw notConnected(gateway, tunnel);
      await pause(50);
    }
    // Events come by a connection of their own.
    await pause(50);
  } finally {
    abort.abort();
    await told;
  }
}

/** Milliseconds, for the slowest of machines. */
const PATIENCE = 20_000;

async function tell({ client }: DemoGateway, steps: Steps, signal: AbortSignal): Promise<void> {
  try {
    for await (const { level, text } of await client.events({ after: 0, tunnel: [TUNNEL], signal })) {
      if (level !== 'debug') steps.say(text);
    }
  } catch {
    // Whatever ended them shows in the status.
  }
}

function isOver(tunnel: TunnelStatus | undefined): boolean {
  return tunnel?.connectionStatus === 'stage1Failure' || tunnel?.connectionStatus === 'stage2Failure';
}

function notConnected(gateway: DemoGateway, tunnel: TunnelStatus | undefined): CliFailure {
  const complaints = gateway.complaints().slice(-3);
  const why = tunnel?.reason?.text ?? complaints.at(-1) ?? `it says ${tunnel?.connectionStatus}`;
  return new CliFailure(EXIT.failed, `the tunnel does not come up at "${gateway.end.name}": ${printable(why, 4_096)}`);
}

async function showPings(steps: Steps): Promise<void> {
  steps.next('A ping through the tunnel');
  const report = await ping(LEFT, RIGHT, 5);
  if (report === undefined) {
    steps.say('Not shown: this machine has no "ping" (Debian: iputils-ping).');
    return;
  }
  const { sent, answered, milliseconds } = report;
  if (answered === 0) throw new CliFailure(EXIT.failed, `none of ${sent} pings through the tunnel was answered`);
  const time = milliseconds === undefined ? '' : `, most within ${milliseconds.toFixed(1)} ms`;
  steps.say(`From ${LEFT.inner} to ${RIGHT.inner}: ${answered} of ${sent} were answered${time}.`);
}

async function showTraffic(steps: Steps, seconds: number): Promise<void> {
  steps.next(
    'As much as goes through it',
    `One TCP connection for ${counted(seconds, 'second')}; both its ends, both gateways and the cable share the processors of this machine.`,
  );
  const report = await sendThroughTunnel(seconds);
  steps.say(`${rateText(report)}: ${formatBytes(report.bytes)} arrived at ${RIGHT.inner}.`);
}

async function showStatuses(steps: Steps, gateways: readonly DemoGateway[], options: PlayOptions): Promise<void> {
  steps.next('What "cygnet status" says, and "cygnet show" more of');
  for (const { end, controlPath } of gateways) {
    steps.say(`at "${end.name}":`);
    await options.showStatus(controlPath);
  }
}
