import type { Command } from 'commander';
import { printable } from '../../base/printable.ts';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import type { ChildReport, IkeReport, PolicyReport, TunnelDetail, TunnelStatus } from '../../control/protocol.ts';
import { adviceFor } from '../advice.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { block, styled } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { noteOf, STATE, sinceText } from '../tunnel-text.ts';
import { formatBytes, formatDuration } from '../units.ts';

export function showCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('show', 'show <tunnel>')
    .option('--reveal', 'show the pre-shared key')
    .option('--json', 'print JSON')
    .action(async (tunnel: string, options: { reveal?: true; json?: true; control?: string }) => {
      const request = options.reveal ? { tunnel, reveal: 'true' as const } : { tunnel };
      const detail = await controlClient(options, terminal).call('show', request);
      terminal.out(options.json ? JSON.stringify(detail, null, 2) : detailText(detail, terminal));
      finish(EXIT.ok);
    });
}

function detailText({ status, policy, weak, events }: TunnelDetail, terminal: Terminal): string {
  const now = terminal.now();
  const sections = [
    headText(status, terminal),
    status.ike === null ? '' : ikeText(status.ike, now),
    ...status.children.map((child) => childText(child, now)),
    listText('Pairs without a Child SA', downText(status)),
    policyText(policy),
    listText('Weak choices', weak),
    listText(
      'Last events',
      events.map(({ time, level, text }) => `${time}  ${level.padEnd(5)}  ${text}`),
    ),
  ];
  return sections.filter(Boolean).join('\n\n');
}

function headText(status: TunnelStatus, { now, colour }: Terminal): string {
  const { text, style } = STATE[status.connectionStatus];
  const since = sinceText(status, now());
  const advice = status.reason === null ? undefined : adviceFor(status.reason.code);
  const title = `${printable(status.name)}: ${styled(text, style, colour)}${since === '' ? '' : ` for ${since}`}`;
  return block(title, [
    ['gateway', status.gateway],
    ['peer', status.peer],
    ['resource', status.resourceStatus === 'running' ? '' : status.resourceStatus],
    ['note', noteOf(status, now())],
    ['next', advice ?? ''],
  ]);
}

function ikeText(ike: IkeReport, now: number): string {
  return block(`Stage 1: IKEv${ike.version} SA, ${ike.state}, ${ike.role}`, [
    ['between', `${ike.local} and ${ike.remote}`],
    ['ids', `${ike.localId ?? '(unknown)'} and ${ike.remoteId ?? '(unknown)'}`],
    ['SPIs', `${ike.initiatorSpi} (initiator) ${ike.responderSpi} (responder)`],
    ['proposal', ike.proposal ?? ''],
    ['ppk', ike.ppk ? 'in use' : ''],
    ['MOBIKE', mobikeText(ike.mobike)],
    ['NAT', natText(ike.nat)],
    ['up since', ike.establishedAt ?? ''],
    ['rekey', untilText(ike.rekeyAt, now)],
  ]);
}

function natText({ local, remote, forced }: IkeReport['nat']): string {
  if (forced) return `UDP is forced by ipsec.encapsulation${remote ? '; the peer behind NAT' : ''}`;
  const ends = [local ? 'this end' : '', remote ? 'the peer' : ''].filter(Boolean).join(' and ');
  return ends === '' ? '' : `${ends} behind NAT`;
}

function mobikeText(mobike: IkeReport['mobike']): string {
  if (mobike === null) return '';
  const { localAddresses, remoteAddresses } = mobike;
  const further = [
    ...(localAddresses.length === 0 ? [] : [`this end also at ${localAddresses.join(' ')}`]),
    ...(remoteAddresses.length === 0 ? [] : [`the peer also at ${remoteAddresses.join(' ')}`]),
  ];
  return ['in use', ...further].join(', ');
}

function childText(child: ChildReport, now: number): string {
  const protocol = `${child.protocol.toUpperCase()}${child.encap ? ' in UDP' : ''}`;
  return block(`Stage 2: Child SA, ${protocol}, ${child.mode} mode`, [
    ['segments', `${child.localSubnets.join(' ')} <-> ${child.remoteSubnets.join(' ')}`],
    ['SPIs', `${child.spiIn} in, ${child.spiOut} out`],
    ['proposal', child.proposal],
    ['in', `${formatBytes(child.bytesIn)}, ${child.packetsIn} packets`],
    ['out', `${formatBytes(child.bytesOut)}, ${child.packetsOut} packets`],
    ['up since', child.installedAt ?? ''],
    ['rekey', untilText(child.rekeyAt, now)],
  ]);
}

/** Only beside others that are up: of a tunnel that is down all of them are. */
function downText({ pairs: { up, down } }: TunnelStatus): string[] {
  return up === 0 ? [] : down.map(({ local, remote }) => `${local} <-> ${remote}`);
}

function untilText(time: string | null, now: number): string {
  return time === null ? '' : `in ${formatDuration(Date.parse(time) - now)}`;
}

const HIDDEN = '(hidden; see it with --reveal)';

function ppkRow(ppk: PolicyReport['ppk']): [string, string][] {
  return ppk === null ? [] : [['ppk', `${ppk.id}, ${ppk.required ? 'required' : 'optional'}, ${ppk.secret ?? HIDDEN}`]];
}

function peersRows(peers: PolicyReport['peers']): [string, string][] {
  if (peers === undefined) return [];
  const keys = peers.keys.map(({ id, psk }): [string, string] => ['key', `${id}, ${psk ?? HIDDEN}`]);
  return [['peers', `up to ${peers.limit}${peers.others ? '' : ', with a key of their own'}`], ...keys];
}

function policyText({
  local,
  remote,
  psk,
  peers,
  ppk,
  start,
  ike,
  ipsec,
  dpd,
  retry,
  routes,
  blockClearText,
  more,
}: PolicyReport): string {
  const mode = ike.mode === null ? '' : ` ${ike.mode} mode`;
  return block('Configuration', [
    ['local', `${local.address}, id ${local.id}, ${local.subnets.join(' ')}`],
    ['remote', `${remote.address}, id ${remote.id ?? '(any)'}, ${remote.subnets.join(' ')}`],
    ...(peers === undefined || peers.others ? [['psk', psk ?? HIDDEN] as [string, string]] : []),
    ...peersRows(peers),
    ...ppkRow(ppk),
    ['start', start],
    ['ike', `IKEv${ike.version}${mode}, ${ike.proposals.join(' ')}, ${lifeText(ike)}`],
    [
      'ipsec',
      `${ipsec.protocol}${ipsec.mode === 'transport' ? ' in transport mode' : ''}${ipsec.encapsulation === 'udp' ? ' in UDP' : ''}, ${ipsec.proposals.join(' ')}, ${lifeText(ipsec)}`,
    ],
    ['dpd', `delay ${dpd.delay}s, timeout ${dpd.timeout}s, action ${dpd.action}`],
    ['retry', `${retry.attempts} attempts, then every ${retry.interval}s`],
    ['routes', routesText(routes)],
    ['clear text', blockClearText ? 'blocked while down' : 'not blocked while down'],
    ...Object.entries(more),
  ]);
}

function lifeText({ lifetime, rekey }: PolicyReport['ike'] | PolicyReport['ipsec']): string {
  const successor = rekey === 'never' ? ', never rekeyed' : `, rekey after ${rekey}s`;
  return `lifetime ${lifetime}s${rekey === null ? '' : successor}`;
}

function routesText(routes: PolicyReport['routes']): string {
  if (typeof routes === 'boolean') return routes ? 'installed while connected' : 'none';
  const { table, metric } = routes;
  const place = [table === undefined ? '' : `in table ${table}`, metric === undefined ? '' : `with metric ${metric}`];
  return ['installed while connected', ...place.filter(Boolean)].join(' ');
}

function listText(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines.map((line) => `  ${printable(line)}`)].join('\n');
}
