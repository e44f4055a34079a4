import { formatProposal } from '../../sa/proposal.ts';
import type { KeyText } from './key-text.ts';
import { quotedKey } from './key-text.ts';
import type { Rendered } from './rendered.ts';
import { childSegments, endAddresses, proposalTexts, strongswanNotes } from './strongswan.ts';
import type { EndView, TunnelView } from './tunnel-view.ts';
import { addressText, identityText, seconds } from './tunnel-view.ts';

/*
 * swanctl.conf of strongSwan (man swanctl.conf(5) of 5.9). Whatever strongSwan has another default for is written out:
 * rekeying times above all, which it tells as the time of the rekeying and not as that of the end.
 */

export type Keys = { readonly psk: KeyText; readonly ppk?: KeyText };

export function renderSwanctl(tunnel: TunnelView, keys: Keys): Rendered {
  // A dot stands between the names of sections, so that no name has one.
  const name = tunnel.name.replace(/\./g, '_');
  const view = { ...tunnel, name };
  return {
    obstacles: [],
    notes: [
      `into /etc/swanctl/conf.d/${name}.conf, which only root may read (chmod 600); then: swanctl --load-all`,
      ...strongswanNotes(view),
    ],
    lines: [
      ...section('connections', section(name, connectionOf(view))),
      ...section('secrets', [
        ...section(`ike-${name}`, [...ownersOf(view), `secret = ${quotedKey(keys.psk)}`]),
        ...(view.ppk === undefined || keys.ppk === undefined
          ? []
          : section(`ppk-${name}`, [`id = ${quoted(view.ppk.id)}`, `secret = ${quotedKey(keys.ppk)}`])),
      ]),
    ],
  };
}

function section(name: string, lines: readonly string[]): string[] {
  return [`${name} {`, ...lines.map((line) => `  ${line}`), '}'];
}

function connectionOf(view: TunnelView): string[] {
  const { local, remote, version } = view;
  const [own, peer] = [endAddresses(local), endAddresses(remote)];
  return [
    `version = ${version}`,
    ...(version === 1
      ? [`aggressive = ${yesNo(view.mode === 'aggressive')}`]
      : [`mobike = ${yesNo(view.mobike)}`, ...(view.childless ? ['childless = prefer'] : [])]),
    ...(view.inUdp ? ['encap = yes'] : []),
    ...(own === undefined ? [] : [`local_addrs = ${own}`]),
    ...(peer === undefined ? [] : [`remote_addrs = ${peer}`]),
    `proposals = ${proposalTexts(view.ikeProposals)}`,
    'keyingtries = 0',
    ...ikeTimes(view),
    `dpd_delay = ${seconds(view.dpd.delay)}s`,
    `dpd_timeout = ${seconds(view.dpd.timeout)}s`,
    ...(view.ppk === undefined
      ? []
      : [`ppk_id = ${quoted(view.ppk.id)}`, `ppk_required = ${yesNo(view.ppk.required)}`]),
    ...section('local', authOf(local)),
    ...section('remote', authOf(remote)),
    ...section('children', childrenOf(view)),
  ];
}

/** Replaced after nine tenths of its lifetime, so that what is left is enough for a peer that is slow. */
function softTime(lifetime: number): number {
  return Math.floor((lifetime * 9) / 10);
}

/** IKEv1 makes no difference between the two: its IKE SAs are always made anew. */
function ikeTimes({ reauthenticate, version, ikeLifetime }: TunnelView): string[] {
  const soft = softTime(ikeLifetime);
  const times =
    reauthenticate && version === 2
      ? [`reauth_time = ${soft}s`, 'rekey_time = 0s']
      : ['reauth_time = 0s', `rekey_time = ${soft}s`];
  return [...times, `over_time = ${ikeLifetime - soft}s`];
}

function authOf(end: EndView): string[] {
  return ['auth = psk', ...(end.identity === undefined ? [] : [`id = ${quoted(identityText(end, ''))}`])];
}

function childrenOf(view: TunnelView): string[] {
  const [first, ...others] = childSegments(view);
  const children = [{ name: view.name, ...(first ?? { local: '', remote: '' }) }].concat(
    others.map((pair, index) => ({ name: `${view.name}-${index + 2}`, ...pair })),
  );
  return children.flatMap(({ name, local, remote }) =>
    section(name, [
      `local_ts = ${local}`,
      `remote_ts = ${remote}`,
      `${view.protocol}_proposals = ${view.childProposals.map(formatProposal).join(',')}`,
      `mode = ${view.childMode}`,
      `life_time = ${view.childLifetime}s`,
      `rekey_time = ${softTime(view.childLifetime)}s`,
      `start_action = ${STARTS[view.start]}`,
      `dpd_action = ${DPD_ACTIONS[view.dpd.action]}`,
    ]),
  );
}

const STARTS: Readonly<Record<TunnelView['start'], string>> = {
  initiate: 'start',
  respond: 'none',
  'on-traffic': 'trap',
};

const DPD_ACTIONS: Readonly<Record<TunnelView['dpd']['action'], string>> = {
  hold: 'trap',
  clear: 'clear',
  restart: 'restart',
};

function yesNo(flag: boolean): string {
  return flag ? 'yes' : 'no';
}

/** What is syntax outside quotes: a hash, a brace, a quote itself. */
function quoted(text: string): string {
  if (/^[^#{}"\\\s]+$/.test(text)) return text;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** In main mode a responder of IKEv1 must find the key before it knows the identity. */
function ownersOf(view: TunnelView): string[] {
  const ends = [view.local, view.remote];
  const ids = ends.flatMap((end) => (end.identity === undefined ? [] : [identityText(end, '')]));
  const addresses =
    view.version === 1 && view.mode === 'main'
      ? ends.flatMap((end) => (end.address.kind === 'address' ? [addressText(end, '')] : []))
      : [];
  return [...new Set([...ids, ...addresses])].map((owner, index) => `id-${index + 1} = ${quoted(owner)}`);
}
