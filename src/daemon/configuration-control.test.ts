import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SeededEntropy } from '../base/entropy.ts';
import { type CliResult, cygnet } from '../cli/testing/cli.ts';
import { loadText } from '../config/testing/load-text.ts';
import { startControlServer } from '../control/server.ts';
import { UdpSocket } from '../native/udp-socket.ts';
import { EVERYTHING } from '../sim/tunnels.ts';
import { ConfigurationStore } from './configuration-store.ts';
import { Daemon } from './daemon.ts';
import { MemoryDataPlane } from './testing/memory-data-plane.ts';
import { PeerGateway } from './testing/peer-gateway.ts';
import { RecordingLog } from './testing/recording-log.ts';

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** One tunnel between 127.0.0.1 (the daemon, which waits) and 127.0.0.2 (the peer), as one of them sees it. */
function textOf(side: 'daemon' | 'peer'): string {
  const [local, remote, start] = side === 'daemon' ? [1, 2, 'respond'] : [2, 1, 'initiate'];
  return `# ${side}
version: 1
gateways:
  here: {address: 127.0.0.${local}}
peers:
  there: {address: 127.0.0.${remote}}  # far away
tunnels:
  # The one and only.
  t:
    gateway: here
    peer: there
    local: {subnets: [10.${local}.0.0/16]}
    remote: {subnets: [10.${remote}.0.0/16]}
    psk: abcdefghijklmnopqrstuvwxyz
    ike: {dhGroup: 31}
    start: ${start}
`;
}

function freePort(): number {
  const socket = UdpSocket.open({ family: 4, port: 0, udpEncap: false, bypassPolicy: false });
  socket.close();
  return socket.port;
}

/** A daemon with a real file and a real control socket, connected with its peer, and the command line for it. */
async function connectedGateway() {
  const directory = mkdtempSync(join(tmpdir(), 'cygnet-control-'));
  closers.push(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'cygnet.yaml');
  writeFileSync(file, textOf('daemon'), { mode: 0o600 });
  const store = new ConfigurationStore(file);
  const proposal = store.propose({ kind: 'reload' });
  store.commit(proposal);
  const ports = { ike: freePort(), natTraversal: freePort() };
  const dataPlane = new MemoryDataPlane();
  const log = new RecordingLog();
  const daemon = new Daemon({
    configuration: proposal.configuration,
    store,
    capabilities: EVERYTHING,
    dataPlane,
    addresses: { addresses: () => [], onChange: () => undefined, close: () => undefined },
    entropy: new SeededEntropy(2),
    log,
    version: { version: '0.0.0', api: 1, startedAt: '2026-01-01T00:00:00.000Z', dataPlane: 'memory' },
    ports,
    privileged: false,
  });
  closers.push(() => daemon.stop(Promise.resolve()));
  const socket = join(directory, 'control.sock');
  const server = await startControlServer({ path: socket, api: daemon.api });
  closers.push(() => server.close());
  const peer = new PeerGateway(loadText(textOf('peer')), EVERYTHING, ports);
  closers.push(() => peer.close());
  daemon.start();
  peer.start();
  const status = async () => (await daemon.api.status()).tunnels;
  await expect.poll(async () => (await status())[0]?.connectionStatus).toBe('connected');
  // The peer has its answer only then.
  await expect.poll(() => peer.events.map(({ type }) => type)).toContain('child.installed');
  const call = (...argv: string[]): Promise<CliResult> =>
    cygnet(argv, { env: { CYGNET_CONTROL: socket }, input: 'a-secret\n' });
  const text = () => readFileSync(file, 'utf8');
  return { call, text, file, status, dataPlane, daemon, log, peer, directory };
}

describe('changing the configuration of a running gateway', () => {
  it('remarks, labels and names change at any time; no SA is touched, and the file keeps its comments', async () => {
    const { call, text, status, dataPlane, peer } = await connectedGateway();
    const [before, heard] = [[...dataPlane.sas], peer.events.length];
    expect(await call('edit', 'tunnel', 't', '--set', 'remarks=ours', '--set', 'labels.env=prod')).toMatchObject({
      exit: 0,
      out: '',
    });
    expect(await call('rename', 'tunnel', 't', 'north')).toMatchObject({ exit: 0, out: 'north: renamed from t\n' });
    expect((await call('rename', 'gateway', 'here', 'gw')).err).toContain('in force: 1 tunnel unchanged');
    expect((await call('rename', 'peer', 'there', 'far')).exit).toBe(0);
    expect(await status()).toMatchObject([
      { name: 'north', gateway: 'gw', peer: 'far', connectionStatus: 'connected', children: [{ encap: true }] },
    ]);
    expect(dataPlane.sas).toEqual(before);
    expect(peer.events.slice(heard)).toEqual([]);
    expect(text()).toBe(
      textOf('daemon')
        .replace('  here:', '  gw:')
        .replace('  there: {address: 127.0.0.2}  #', '  far: {address: 127.0.0.2} #')
        .replace('  t:', '  north:')
        .replace('gateway: here', 'gateway: gw')
        .replace('peer: there', 'peer: far')
        .concat('    remarks: ours\n    labels: {env: prod}\n'),
    );
  });

  it('creates, edits and deletes, and puts each in force', async () => {
    const { call, text, status } = await connectedGateway();
    const before = text();
    expect((await call('create', 'peer', 'second', '--set', 'address=127.0.0.3')).exit).toBe(0);
    const values = [
      'gateway=here',
      'peer=second',
      'local.subnets=10.1.0.0/16',
      'remote.subnets=10.3.0.0/16',
      'psk=-',
      'start=respond',
    ];
    const made = await call('create', 'tunnel', 'u', ...values.flatMap((value) => ['--set', value]));
    expect(made).toMatchObject({ exit: 0, out: 'u: create\n' });
    expect(made.err).toMatch(/^written: .*cygnet.yaml\nin force: 1 change; 1 tunnel unchanged\n$/);
    expect((await call('show', 'u', '--reveal', '--json')).out).toContain('"psk": "a-secret"');
    expect((await status()).map(({ name }) => name)).toEqual(['t', 'u']);
    expect(await call('delete', 'peer', 'second')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('has tunnels: u'),
    });
    expect(await call('delete', 'tunnels', 'u')).toMatchObject({ exit: 0, out: 'u: delete, at both ends\n' });
    expect((await call('delete', 'peer', 'second')).exit).toBe(0);
    expect(text()).toBe(before);
  });

  it('refuses what would not be valid, as check tells it, and does nothing in a dry run', async () => {
    const { call, text, dataPlane } = await connectedGateway();
    const before = [...dataPlane.sas];
    const wrong = await call('edit', 'tunnel', 't', '--set', 'ike.encryption=aes129');
    expect(wrong.exit).toBe(3);
    expect(wrong.out).toMatch(/cygnet.yaml:15:\d+ error tunnels.t.ike.encryption: "aes129".*did you mean aes128\?\n/);
    expect(wrong.err).toBe('1 error: the configuration would be invalid; nothing was changed\n');
    const dry = await call('edit', 'tunnel', 't', '--set', 'psk=another', '--dry-run');
    expect(dry).toMatchObject({ exit: 0, out: 't: reconnect (psk)\n' });
    expect(dry.err).toContain('1 change; nothing was done');
    expect(await call('edit', 'tunnel', 'tt', '--set', 'a=b')).toMatchObject({ exit: 5 });
    expect(text()).toBe(textOf('daemon'));
    expect(dataPlane.sas).toEqual(before);
  });

  it('plan tells what apply does, and apply does nothing more', async () => {
    const { call, text, file, directory, dataPlane, log, status } = await connectedGateway();
    const candidate = join(directory, 'new.yaml');
    writeFileSync(
      candidate,
      textOf('daemon').replace('[10.1.0.0/16]', '[10.1.0.0/16, 10.7.0.0/16]').concat('    dpd: {delay: 9s}\n'),
    );
    const before = [...dataPlane.sas];
    const steps = 't: add 10.7.0.0/16 <-> 10.2.0.0/16 (local.subnets, dpd)\n';
    expect(await call('plan', candidate)).toMatchObject({ exit: 0, out: steps });
    expect(text()).toBe(textOf('daemon'));
    expect(await call('plan')).toMatchObject({ exit: 0, out: '', err: '1 tunnel unchanged; nothing was done\n' });
    expect(await call('apply', candidate)).toMatchObject({ exit: 0, out: steps });
    expect(text()).toBe(readFileSync(candidate, 'utf8'));
    expect(dataPlane.sas).toEqual(before);
    expect((await status())[0]?.connectionStatus).toBe('connected');
    expect(log.lines.at(-1)).toMatchObject({
      event: 'configuration.applied',
      msg: expect.stringContaining('t: update'),
    });
    expect((await call('events', '--json')).out).toContain('"event":"configuration.applied"');
    writeFileSync(file, 'version: 1\ntunels: {}\n');
    const broken = await call('apply');
    expect(broken).toMatchObject({ exit: 3, out: expect.stringContaining('did you mean tunnels?') });
    expect(dataPlane.sas).toEqual(before);
    expect(await call('edit', 'tunnel', 't', '--set', 'remarks=x')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('has changed since the daemon has read it'),
    });
  });

  it('names the file that was given where that is wrong', async () => {
    const { call, directory } = await connectedGateway();
    const candidate = join(directory, 'bad.yaml');
    writeFileSync(candidate, 'version: 9\n');
    expect((await call('plan', candidate)).out).toContain('bad.yaml:1:10 error');
    expect(await call('plan', join(directory, 'none.yaml'))).toMatchObject({
      exit: 1,
      err: expect.stringContaining('ENOENT'),
    });
  });
});
