import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fromHex, toHex } from '../base/bytes.ts';
import { SeededEntropy } from '../base/entropy.ts';
import { Secret } from '../base/secret.ts';
import type { Configuration } from '../config/configuration.ts';
import { loadConfiguration } from '../config/load.ts';
import { loadText } from '../config/testing/load-text.ts';
import { memoryHost } from '../config/testing/memory-host.ts';
import { diagnosisSchema } from '../control/diagnosis-schema.ts';
import { ENCRYPTION, INTEGRITY, KEY_EXCHANGE, PRF } from '../crypto/algorithms.ts';
import { UdpSocket } from '../native/udp-socket.ts';
import type { Capabilities } from '../sa/proposal.ts';
import { Daemon } from './daemon.ts';
import { MemoryDataPlane } from './testing/memory-data-plane.ts';
import { PeerGateway } from './testing/peer-gateway.ts';
import { RecordingLog } from './testing/recording-log.ts';

const esp = { encryption: ENCRYPTION.map(keyword), integrity: INTEGRITY.map(keyword) };
const everything: Capabilities = {
  ike: { ...esp, prf: PRF.map(keyword), keyExchange: KEY_EXCHANGE.map(keyword) },
  esp,
  ah: { integrity: esp.integrity },
};

function keyword<Keyword>(row: { readonly keyword: Keyword }): Keyword {
  return row.keyword;
}

type Side = 'daemon' | 'peer';

/** One tunnel between 127.0.0.1 (the daemon) and 127.0.0.2 (the peer), as one of them sees it. */
function configuration(side: Side, more: readonly string[] = [], top = ''): Configuration {
  const [local, remote] = side === 'daemon' ? [1, 2] : [2, 1];
  return loadText(`
version: 1
${top}gateways: {here: {address: 127.0.0.${local}, labels: {env: test}}}
peers: {there: {address: 127.0.0.${remote}}}
tunnels:
  t:
    gateway: here
    peer: there
    local: {subnets: [10.${local}.0.0/16]}
    remote: {subnets: [10.${remote}.0.0/16]}
    psk: abcdefghijklmnopqrstuvwxyz
    ike: {dhGroup: 31}
    start: ${side === 'daemon' ? 'respond' : 'initiate'}
${more.map((line) => `    ${line}`).join('\n')}
`);
}

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function freePort(): number {
  const socket = UdpSocket.open({ family: 4, port: 0, udpEncap: false, bypassPolicy: false });
  socket.close();
  return socket.port;
}

class SilentAddresses {
  closed = false;
  addresses = () => [];
  onChange = () => undefined;
  close = () => {
    this.closed = true;
  };
}

function setUp(more: readonly string[] = [], top = '') {
  const ports = { ike: freePort(), natTraversal: freePort() };
  const log = new RecordingLog();
  const dataPlane = new MemoryDataPlane();
  const addresses = new SilentAddresses();
  const daemon = new Daemon({
    configuration: configuration('daemon', more, top),
    capabilities: everything,
    dataPlane,
    addresses,
    entropy: new SeededEntropy(2),
    crashSecret: new Secret(new Uint8Array(32).fill(7)),
    log,
    version: { version: '0.0.0', api: 1, startedAt: '2026-01-01T00:00:00.000Z', dataPlane: 'memory' },
    ports,
    privileged: false,
  });
  closers.push(() => daemon.stop(Promise.resolve()));
  const peer = new PeerGateway(configuration('peer'), everything, ports);
  closers.push(() => peer.close());
  const statusNow = async () => (await daemon.api.status(['t'])).tunnels[0];
  return { daemon, log, dataPlane, addresses, peer, ports, statusNow };
}

/** A second Cygnet that runs on what `cygnet export` writes for the other end. */
async function exportedPeer(
  { api }: Daemon,
  file: '/etc/ipsec.conf' | '/etc/swanctl.conf',
  formats: readonly (readonly [path: string, format: string])[],
): Promise<Configuration> {
  const texts = formats.map(async ([path, format]) => [path, (await api.export('t', { format, reveal: true })).text]);
  const result = loadConfiguration(file, memoryHost(Object.fromEntries(await Promise.all(texts))));
  if ('errors' in result) throw new Error(result.errors.map(({ message }) => message).join(' '));
  return result.configuration;
}

async function connected(more: readonly string[] = [], top = '') {
  const all = setUp(more, top);
  all.daemon.start();
  all.peer.start();
  await expect.poll(async () => (await all.statusNow())?.connectionStatus).toBe('connected');
  return all;
}

describe('IKE that came to the data plane', () => {
  it('is answered from the port that it came to, as any other', async () => {
    const { dataPlane, ports } = setUp();
    const stranger = UdpSocket.open({ family: 4, port: 0, udpEncap: false, bypassPolicy: false });
    closers.push(() => stranger.close());
    const answers: { readonly from: number; readonly hex: string }[] = [];
    stranger.onDatagram(({ remote, bytes }) => answers.push({ from: remote.port, hex: toHex(bytes) }));
    // An IKE_SA_INIT request of version 3.0 behind the non-ESP marker: it is told which version we speak.
    const bytes = fromHex(`00000000${'a1'.repeat(8)}${'00'.repeat(8)}2130220800000000${'0000001c'}`);
    const remote = { address: '127.0.0.2', port: stranger.port };
    dataPlane.receive({ local: { address: '127.0.0.1', port: 4500 }, remote, bytes });
    await expect.poll(() => answers).toMatchObject([{ from: ports.natTraversal }]);
    expect(answers[0]?.hex).toMatch(/^0{8}(a1){8}/);
  });
});

describe('daemon', () => {
  it('one that has not started closes all that it has opened, so that its process can end', async () => {
    const { daemon, dataPlane, addresses, ports } = setUp();
    await daemon.close();
    expect([dataPlane.closed, addresses.closed]).toEqual([true, true]);
    UdpSocket.open({ family: 4, port: ports.ike, udpEncap: false, bypassPolicy: false }).close();
  });

  it('a peer connects: both ends hold the same SAs, and the status tells them with their counters', async () => {
    const { dataPlane, peer, statusNow, log } = await connected();
    expect(await statusNow()).toMatchObject({
      name: 't',
      reason: null,
      ike: { version: 2, role: 'responder', proposal: 'aes128-sha1-curve25519', nat: { remote: true } },
      children: [{ encap: true, packetsIn: 3, bytesOut: 300, localSubnets: ['10.1.0.0/16'] }],
    });
    expect(dataPlane.sas).toHaveLength(2);
    const spis = (sas: MemoryDataPlane['sas']) => sas.map(({ spi }) => spi).sort();
    await expect.poll(() => spis(peer.dataPlane.sas)).toEqual(spis(dataPlane.sas));
    const installed = log.lines.find(({ event }) => event === 'child.installed');
    expect(installed?.msg).toContain('10.1.0.0/16 <-> 10.2.0.0/16, ESP in UDP');
  });

  it('asks the data plane once for what the SAs of the tunnels that are asked for have carried, and of no others', async () => {
    const { daemon, dataPlane } = await connected();
    const asked = vi.spyOn(dataPlane, 'perform');
    expect(await daemon.api.status([])).toEqual({ tunnels: [] });
    expect(asked).not.toHaveBeenCalled();
    await daemon.api.status();
    await daemon.api.diagnose('t', { ask: false });
    const both = { kind: 'query', sas: [{ protocol: 'esp' }, { protocol: 'esp' }] };
    expect(asked.mock.calls).toMatchObject([[both], [both]]);
  });

  it('a peer that calls before the daemon is ready waits for it, and connects', async () => {
    const { daemon, peer, statusNow } = setUp();
    peer.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    daemon.start();
    await expect.poll(async () => (await statusNow())?.connectionStatus).toBe('connected');
  });

  it.each([
    ['/etc/ipsec.conf' as const, 'ipsec.conf', 'ipsec.secrets'],
    ['/etc/swanctl.conf' as const, 'swanctl', 'swanctl'],
  ])('connects with another Cygnet that runs on what it exports as %s', async (file, format, secrets) => {
    const { daemon, statusNow, ports } = setUp();
    const files = [[file, format] as const, ['/etc/ipsec.secrets', secrets] as const];
    const other = new PeerGateway(await exportedPeer(daemon, file, files), everything, ports);
    closers.push(() => other.close());
    daemon.start();
    other.start();
    await expect.poll(async () => (await statusNow())?.connectionStatus).toBe('connected');
  });

  it('refuses to export in a format that there is none of, and a tunnel that there is none of', async () => {
    const { daemon } = setUp();
    await expect(daemon.api.export('t', { format: 'swanclt', reveal: false })).rejects.toThrow('did you mean swanctl?');
    await expect(daemon.api.export('u', { format: 'swanctl', reveal: false })).rejects.toThrow(
      'there is no tunnel "u"',
    );
    expect((await daemon.api.export('t', { format: 'json', reveal: false })).text).not.toContain('abcdefghijk');
  });

  it('tells why a tunnel is not connected, and on which line of the configuration the key stands', async () => {
    const { daemon, peer } = setUp(['ipsec: {encryption: aes256}']);
    daemon.start();
    peer.start();
    await expect
      .poll(async () => (await daemon.api.diagnose('t', { ask: false })).code)
      .toBe('ipsec-proposal-mismatch');
    const diagnosis = await daemon.api.diagnose('t', { ask: false });
    expect(diagnosis).toMatchObject({
      tunnel: 't',
      role: 'responder',
      authenticated: true,
      fixHere: 'set ipsec.encryption: aes128',
      configuration: [{ key: 'tunnels.t.ipsec.encryption', written: true, file: '/etc/cygnet/cygnet.yaml', line: 14 }],
    });
    expect(() => diagnosisSchema.parse(diagnosis)).not.toThrow();
    await expect(daemon.api.diagnose('other', { ask: false })).rejects.toThrow('there is no tunnel');
  });

  it('tells of a tunnel that is connected that packets go both ways', async () => {
    const { daemon } = await connected();
    expect(await daemon.api.diagnose('t', { ask: false })).toMatchObject({
      code: 'connected',
      severity: 'fine',
      configuration: [],
    });
  });

  it('counts what it carries, and remembers what was said', async () => {
    const { daemon } = await connected();
    const carried = 'cygnet_tunnel_receive_packets_total{gateway="here",tunnel="t",peer="there"}';
    expect(daemon.api.metrics()).toContain(`${carried} 3\n`);
    expect(daemon.api.metrics()).toContain('cygnet_xfrm_errors_total{counter="XfrmInNoStates"} 2\n');
    expect(daemon.api.exchanges('t').map(({ way, exchange, kind }) => [way, exchange, kind].join(' '))).toEqual([
      'received IKE_SA_INIT request',
      'sent IKE_SA_INIT response',
      'received IKE_AUTH request',
      'sent IKE_AUTH response',
    ]);
    await daemon.api.down(['t']);
    await expect
      .poll(() => daemon.api.metrics())
      .toContain('cygnet_tunnel_up{gateway="here",tunnel="t",peer="there"} 0');
    expect(daemon.api.metrics()).toContain(`${carried} 3\n`);
  });

  it('records the datagrams of a tunnel, and tells with which keys they are read, to who asks for it', async () => {
    const { daemon, peer } = setUp();
    const pieces: Uint8Array[] = [];
    const end = daemon.api.capture('t', (bytes) => pieces.push(bytes));
    daemon.start();
    peer.start();
    await expect.poll(async () => (await daemon.api.status(['t'])).tunnels[0]?.connectionStatus).toBe('connected');
    end();
    const [header, ...packets] = pieces.map(toHex);
    expect(header).toMatch(/^a1b2c3d4/);
    expect(packets.length).toBeGreaterThanOrEqual(4);
    expect(packets[0]).toContain('7f0000027f000001');
    const log = daemon.api.keyLog('t');
    expect(log.ikev2_decryption_table).toHaveLength(1);
    expect(log.ikev2_decryption_table[0]).toContain('"AES-CBC-128 [RFC3602]"');
    const spi = log.ikev2_decryption_table[0]?.slice(0, 16) ?? '';
    expect(packets.every((packet) => packet.includes(spi))).toBe(true);
  });

  it('stopping deletes the SAs here and at the peer, and leaves no data plane open', async () => {
    const { daemon, dataPlane, peer } = await connected();
    await daemon.stop(new Promise(() => undefined));
    expect(dataPlane.sas).toEqual([]);
    // The policies against clear text stay until the data plane closes.
    expect(dataPlane.policies.filter((policy) => !policy.includes('"block"'))).toEqual([]);
    expect(dataPlane.closed).toBe(true);
    expect(peer.dataPlane.sas).toEqual([]);
    expect(peer.events.at(-1)).toMatchObject({ type: 'ike.closed', reason: { code: 'peer-closed' } });
  });

  it('a peer that does not confirm holds up the stop for the given patience only', async () => {
    const { daemon, dataPlane, peer, log } = await connected();
    peer.close();
    const before = performance.now();
    await daemon.stop(new Promise(() => undefined), 150);
    expect(performance.now() - before).toBeGreaterThan(140);
    expect(dataPlane.sas).toEqual([]);
    expect(log.lines.at(-1)).toMatchObject({
      level: 'warn',
      msg: 'stopped before every peer had confirmed the deletion',
    });
  });

  it('tells a hook what became reachable, and at its end that it is withdrawn', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cygnet-daemon-'));
    closers.unshift(() => rmSync(directory, { recursive: true }));
    const script = `echo $PLUTO_VERB $PLUTO_MY_CLIENT $PLUTO_PEER_CLIENT $PLUTO_PEER_ID >>${directory}/told`;
    const { daemon, log } = await connected([], `hooks: [{run: [/bin/sh, -c, "${script}"]}]\n`);
    const told = () => (existsSync(`${directory}/told`) ? readFileSync(`${directory}/told`, 'utf8') : '');
    const rest = '10.1.0.0/16 10.2.0.0/16 127.0.0.2\n';
    await expect.poll(told).toBe(`up-client ${rest}`);
    await daemon.stop(new Promise(() => undefined));
    expect(told()).toBe(`up-client ${rest}down-client ${rest}`);
    expect(log.events()).not.toContain('hook.failed');
  });

  it('a second signal cuts the stop short', async () => {
    const { daemon, peer } = await connected();
    peer.close();
    const before = performance.now();
    await daemon.stop(new Promise((resolve) => setTimeout(resolve, 50)), 60_000);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('a reload that changes nothing about a tunnel leaves its SAs alone; one that does reconnects it', async () => {
    const { daemon, dataPlane, peer } = await connected();
    const before = [...dataPlane.sas];
    expect(daemon.apply(configuration('daemon', ['remarks: a remark']))).toMatchObject([{ change: 'unchanged' }]);
    expect(dataPlane.sas).toEqual(before);
    expect(daemon.apply(configuration('daemon', ['dpd: {delay: 9s}']))).toMatchObject([
      { tunnel: 't', change: 'changed', keys: ['dpd'], reconnect: false },
    ]);
    expect(dataPlane.sas).toEqual(before);

    const changes = daemon.apply(configuration('daemon', ['ipsec: {protocol: ah}']));
    expect(changes).toMatchObject([{ tunnel: 't', change: 'changed', reconnect: true }]);
    expect(dataPlane.sas).toEqual([]);
    await expect.poll(() => peer.events.some(({ type }) => type === 'ike.closed')).toBe(true);
  });

  it('`rekey` by the control API makes successors, and is refused where there is nothing to succeed', async () => {
    const { daemon, statusNow } = await connected();
    const before = await statusNow();
    await daemon.api.rekey(['t'], 'ike');
    await expect.poll(async () => (await statusNow())?.ike?.initiatorSpi).not.toBe(before?.ike?.initiatorSpi);
    await daemon.api.rekey(['t'], 'child');
    const spis = async () => (await statusNow())?.children.map(({ spiIn }) => spiIn) ?? [];
    await expect.poll(spis).not.toEqual(before?.children.map(({ spiIn }) => spiIn));
    await daemon.api.down(['t']);
    await expect(daemon.api.rekey(['t'], 'child')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('`down` by the control API reaches the peer, and the status is disabled', async () => {
    const { daemon, peer, statusNow } = await connected();
    await daemon.api.down(['t']);
    expect(await statusNow()).toMatchObject({ connectionStatus: 'disabled', children: [] });
    await expect.poll(() => peer.dataPlane.sas).toEqual([]);
  });

  it('`show` has the configuration, the last events, and the key only where it is asked for', async () => {
    const { daemon } = await connected();
    const hidden = await daemon.api.show('t', { reveal: false });
    expect(JSON.stringify(hidden)).not.toContain('abcdefghijklmnopqrstuvwxyz');
    expect(hidden.policy).toMatchObject({
      psk: null,
      local: { address: '127.0.0.1', id: '127.0.0.1', subnets: ['10.1.0.0/16'] },
      ike: { version: 2, mode: null, proposals: ['aes128-sha1-curve25519'], lifetime: 86_400, rekey: null },
      dpd: { delay: 8, timeout: 13, action: 'restart' },
    });
    expect(hidden.events.map(({ event }) => event)).toContain('child.installed');
    expect(hidden.weak.length).toBeGreaterThan(0);
    expect((await daemon.api.show('t', { reveal: true })).policy.psk).toBe('abcdefghijklmnopqrstuvwxyz');
  });

  it('`show` has the name of the post-quantum key, and the key itself only where it is asked for', async () => {
    const { daemon } = setUp(['ppk: {id: qkd-1, secret: 0x00a1b2c3, required: false}']);
    const hidden = await daemon.api.show('t', { reveal: false });
    expect(hidden.policy.ppk).toEqual({ id: 'qkd-1', secret: null, required: false });
    expect(JSON.stringify(hidden)).not.toContain('a1b2c3');
    const revealed = await daemon.api.show('t', { reveal: true });
    expect(revealed.policy.ppk).toEqual({ id: 'qkd-1', secret: '0x00a1b2c3', required: false });
  });

  it('lists gateways and peers with how many of their tunnels are connected, and searches them', async () => {
    const { daemon } = await connected();
    expect(await daemon.api.list('gateways')).toMatchObject([{ name: 'here', tunnels: 1, connected: 1 }]);
    expect(await daemon.api.list('tunnels')).toMatchObject([{ name: 't', labels: {}, remarks: '' }]);
    expect(await daemon.api.list('peers')).toMatchObject([{ name: 'there', address: '127.0.0.2', connected: 1 }]);
  });

  it('a disabled tunnel is shown and cannot be started', async () => {
    const { daemon, statusNow } = setUp(['enabled: false']);
    daemon.start();
    expect(await statusNow()).toMatchObject({ connectionStatus: 'disabled', ike: null });
    await expect(daemon.api.up(['t'])).rejects.toMatchObject({ code: 'conflict' });
  });

  it('a flood of garbage is counted, logged a few times, and changes nothing', async () => {
    const { ports, log, statusNow } = await connected();
    const sender = UdpSocket.open({ family: 4, port: 0, udpEncap: false, bypassPolicy: false });
    closers.push(() => sender.close());
    const before = await statusNow();
    const from = { address: '127.0.0.3', port: sender.port };
    for (let index = 0; index < 500; index++) {
      const bytes = Uint8Array.from({ length: index % 100 }, (_, at) => (index * 31 + at * 17) & 0xff);
      sender.send(from, { address: '127.0.0.1', port: ports.ike }, bytes);
    }
    await expect.poll(() => log.events()).toContain('datagram.dropped');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log.lines.filter(({ event }) => event === 'datagram.dropped').length).toBeLessThan(20);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(await statusNow()).toEqual(before);
  });

  it('a peer that writes to an IKE SA of a former run is shown the token that only this gateway can make', async () => {
    const { ports, daemon } = setUp();
    daemon.start();
    const sender = UdpSocket.open({ family: 4, port: 0, udpEncap: false, bypassPolicy: false });
    closers.push(() => sender.close());
    const answers: string[] = [];
    sender.onDatagram(({ bytes }) => answers.push(toHex(bytes)));
    const spis = '0123456789abcdeffedcba9876543210';
    // INFORMATIONAL of an initiator, message ID 5, with an Encrypted payload of whatever content.
    const probe = fromHex(`${spis}2e20250800000005000000400000002400${'00'.repeat(31)}`);
    sender.send({ address: '127.0.0.2', port: sender.port }, { address: '127.0.0.1', port: ports.ike }, probe);
    const token = createHmac('sha256', new Uint8Array(32).fill(7)).update(fromHex(spis)).digest('hex');
    const expected = `${spis}29202520000000050000004c${'2900000800000004'}${'0000002801004023'}${token}`;
    await expect.poll(() => answers).toEqual([expected]);
  });

  it('an SA that the kernel reports as expired is gone from the status', async () => {
    const { dataPlane, statusNow } = await connected();
    const [sa] = dataPlane.sas;
    if (sa === undefined) throw new Error('no SA');
    dataPlane.report({ kind: 'expire', sa: { protocol: 'esp', destination: sa.destination, spi: sa.spi }, hard: true });
    expect((await statusNow())?.children).toEqual([]);
  });
});
