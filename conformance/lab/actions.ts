import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spisOf } from './expectations/spis.ts';
import { FOREIGN } from './foreign.ts';
import { ipBatch } from './ip-batch.ts';
import type { Lab } from './lab.ts';
import { startListeners } from './listeners.ts';
import { startPingStream } from './ping-stream.ts';
import { disturb, ROUTER, rebindNat, setForwarding } from './router.ts';
import type { Action, SideName } from './scenario.ts';
import { inNamespace, must, type Outcome, run } from './shell.ts';
import { siteOf } from './sides.ts';
import { segmentHosts, sourceNamespace } from './topology.ts';

type ActionOf<Do extends Action['do']> = Extract<Action, { readonly do: Do }>;
type Actions = { readonly [Do in Action['do']]: (lab: Lab, action: ActionOf<Do>) => Promise<void> };

/** How each action of a scenario is done; rejects when it cannot be. */
export const ACTIONS: Actions = {
  start: (lab, { on }) => lab.start(on),
  stop: (lab, { on }) => lab.stop(on),
  kill: (lab, { on }) => lab.kill(on),
  'power-off': powerOff,
  up: async (lab, { on, fails }) => outcomeMustBe(await lab.gateway(on).up(), fails),
  down: async (lab, { on, fails }) => outcomeMustBe(await lab.gateway(on).down(), fails),
  rekey: async (lab, { on, what }) => outcomeMustBe(await lab.gateway(on).rekey(what)),
  'delete-children': async (lab, { on, only }) => outcomeMustBe(await lab.swanctl(on).deleteChildren(only)),
  load: (lab, { on }) => lab.swanctl(on).load(),
  ask,
  listen,
  move: (lab, { on, to }) => lab.move(on, to),
  duplicate: (_lab, { towards }) => disturb(towards, 'duplicate 100%'),
  corrupt: (_lab, { towards, percent }) => disturb(towards, `corrupt ${percent}%`),
  'leave-alone': (_lab, { towards }) => disturb(towards),
  resend,
  blackhole: () => setForwarding(false),
  unblock: () => setForwarding(true),
  'rebind-nat': rebind,
  ping: pingOnce,
  'keep-pinging': (lab, { from }) => keepPinging(lab, from),
  'remember-spis': rememberSpis,
  'half-open': openHalf,
  'foreign-state': addForeignState,
  python,
  show,
};

function outcomeMustBe(failure: string | undefined, fails?: true): void {
  if (fails === undefined && failure !== undefined) throw new Error(failure);
  if (fails && failure === undefined) throw new Error('the command succeeded, where it has to fail');
}

async function powerOff(lab: Lab, { on }: { readonly on: SideName }): Promise<void> {
  await lab.kill(on);
  await ipBatch(['xfrm state flush', 'xfrm policy flush'], on);
}

async function rebind(lab: Lab): Promise<void> {
  lab.rebindings += 1;
  await rebindNat(lab.scenario.topology, lab.rebindings);
}

async function pingOnce({ scenario: { topology } }: Lab): Promise<void> {
  const [[source = ''], [target = '']] = [segmentHosts(topology.a), segmentHosts(topology.b)];
  await run(inNamespace(sourceNamespace('a', topology), ['ping', '-n', '-c', '1', '-W', '2', '-I', source, target]));
}

async function keepPinging(lab: Lab, from: 'a' | 'b' = 'a'): Promise<void> {
  if (lab.pingStream !== undefined) throw new Error('pings are under way already');
  lab.pingStream = await startPingStream(lab.scenario.topology, from, lab.directory);
}

async function rememberSpis(lab: Lab): Promise<void> {
  for (const [side, gateway] of lab.running) {
    const [ike, children] = await Promise.all([spisOf(gateway, 'ike'), spisOf(gateway, 'children')]);
    if (ike.length === 0 || children.length === 0) throw new Error(`${side} has no SAs to remember`);
    lab.rememberedSpis.set(side, { ike, children });
  }
}

async function openHalf(lab: Lab, { towards, count }: ActionOf<'half-open'>): Promise<void> {
  const from = towards === 'a' ? 'b' : 'a';
  const { topology } = lab.scenario;
  const program = fileURLToPath(new URL('./half-open.js', import.meta.url));
  const addresses = [topology[from], siteOf(topology, towards)].map(({ address }) => address);
  await must(inNamespace(from, [process.execPath, program, ...addresses, String(count)]));
}

async function resend(lab: Lab, { towards, as, count }: ActionOf<'resend'>): Promise<void> {
  const program = fileURLToPath(new URL('./resend.js', import.meta.url));
  const what = [lab.capture.file, lab.addressOf(towards), as, String(count)];
  await must(inNamespace(ROUTER, [process.execPath, program, ...what]));
}

async function show(lab: Lab, { on, command }: ActionOf<'show'>): Promise<void> {
  const [program, ...args] = command;
  const outcome = program === 'cygnet' ? await lab.cygnet(on).command(args) : await run(inNamespace(on, command));
  if (outcome.status !== 0) throw new Error(`${command.join(' ')}: exit status ${outcome.status}: ${outcome.stderr}`);
  lab.record(`$ ${command.join(' ')}\n${outcome.stdout}\n`);
}

async function ask(lab: Lab, { on, of, fails }: ActionOf<'ask'>): Promise<void> {
  const outcome = await lab.swanctl(on).swanctl.ask(...of);
  const { status, stdout, stderr } = outcome;
  lab.record(`${on}: swanctl ${of.join(' ')}\n${stdout}${stderr}\n`);
  const failure = `swanctl ${of.join(' ')}: exit status ${status}: ${stdout}${stderr}`;
  outcomeMustBe(status === 0 ? undefined : failure, fails);
  const sofar = lab.asked.get(on) ?? new Map<string, Outcome>();
  lab.asked.set(on, sofar.set(of.join(' '), outcome));
}

async function listen(lab: Lab): Promise<void> {
  const clients = (['a', 'b'] as const).map((side) => [side, lab.swanctl(side).swanctl] as const);
  lab.listeners = await startListeners(new Map(clients), lab.directory);
}

async function python(lab: Lab, { on, program, args }: ActionOf<'python'>): Promise<void> {
  const client = join(lab.repository, 'conformance/cache/vici-client');
  if (!existsSync(client)) throw new Error(`no client library: ${readFileSync(`${client}.missing`, 'utf8').trim()}`);
  const { socket } = lab.swanctl(on).daemon;
  // -B: the library stays as it came, without what Python would compile of it.
  const outcome = await run(
    ['python3', '-B', join(lab.repository, 'conformance/lab', program), client, socket, ...args],
    {
      timeout: 180_000,
    },
  );
  if (outcome.status !== 0) throw new Error(`${program}: ${outcome.stderr.trim().split('\n').at(-1)}`);
}

async function addForeignState(_lab: Lab, { on }: { readonly on: SideName }): Promise<void> {
  const keys = `enc cbc(aes) 0x${'11'.repeat(16)} auth-trunc hmac(sha1) 0x${'22'.repeat(20)} 96`;
  const template = 'tmpl src 198.51.100.1 dst 198.51.100.2 proto esp mode tunnel reqid 4711';
  await must(['ip', '-n', on, '-batch', '-'], {
    input: [
      `xfrm state add ${FOREIGN.sa} reqid 4711 mode tunnel ${keys}`,
      `xfrm policy add ${FOREIGN.policy} dir out priority 1 ${template}`,
      `route add ${FOREIGN.route} dev outer`,
      '',
    ].join('\n'),
  });
}
