import { formatProposal } from '../../sa/proposal.ts';
import type { KeyText } from './key-text.ts';
import type { Rendered } from './rendered.ts';
import type { Keys } from './swanctl.ts';
import type { TunnelView } from './tunnel-view.ts';
import { addressText, identityText, seconds } from './tunnel-view.ts';

/*
 * What is to be typed into a console that has forms for it, such as that of another platform of the same kind; and the
 * same for programs. The words are those of the platform's own console.
 */

export function renderParameters(view: TunnelView, keys: Keys): Rendered {
  const { local, remote } = view;
  const rows: readonly (readonly [string, string])[] = [
    ['VPN gateway address', addressText(local, '(its own)')],
    ['Peer gateway address', [addressText(remote, ''), ...remote.alternatives].join(', ')],
    ['Local segment', local.subnets.join(', ')],
    ['Peer segment', remote.subnets.join(', ')],
    ['Pre-shared key', keyField(keys.psk)],
    ['IKE version', view.version === 1 ? `V1, ${view.mode} mode` : 'V2'],
    ['IKE policy', view.ikeProposals.map(formatProposal).join(' or ')],
    ['IKE lifetime', `${view.ikeLifetime} s`],
    ['Local identification', identityText(local, '(any)')],
    ['Peer identification', identityText(remote, '(any)')],
    ['IPSec protocol', `${view.protocol.toUpperCase()}${view.childMode === 'transport' ? ', transport mode' : ''}`],
    ['IPSec policy', view.childProposals.map(formatProposal).join(' or ')],
    [
      'PFS',
      view.childProposals.some(({ keyExchange }) => keyExchange.length > 0)
        ? 'the group in the IPSec policy'
        : 'disabled',
    ],
    ['IPSec lifetime', `${view.childLifetime} s`],
    [
      'DPD',
      view.dpd.delay === 0
        ? 'off'
        : `after ${seconds(view.dpd.delay)} s, dead after ${seconds(view.dpd.timeout)} s, then ${view.dpd.action}`,
    ],
    ...(view.ppk === undefined
      ? []
      : ([['Post-quantum key', `${view.ppk.id}, ${view.ppk.required ? 'required' : 'optional'}`]] as const)),
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return { obstacles: [], notes: [], lines: rows.map(([name, value]) => `${name.padEnd(width)}${value}`) };
}

function keyField({ kind, text, hidden }: KeyText): string {
  return kind === 'hex' && !hidden ? `0x${text}` : text;
}

export function renderJson(view: TunnelView, keys: Keys): Rendered {
  const { local, remote, ppk } = view;
  const value = {
    name: view.name,
    local: { address: addressText(local, '0.0.0.0'), id: identityText(local, '') || null, subnets: local.subnets },
    remote: {
      address: addressText(remote, '0.0.0.0'),
      alternatives: remote.alternatives,
      id: identityText(remote, '') || null,
      subnets: remote.subnets,
    },
    psk: keyField(keys.psk),
    ppk: ppk === undefined ? null : { id: ppk.id, required: ppk.required },
    ike: {
      version: view.version,
      mode: view.version === 1 ? view.mode : null,
      proposals: view.ikeProposals.map(formatProposal),
      lifetime: view.ikeLifetime,
    },
    ipsec: {
      protocol: view.protocol,
      mode: view.childMode,
      proposals: view.childProposals.map(formatProposal),
      lifetime: view.childLifetime,
    },
    dpd: { delay: seconds(view.dpd.delay), timeout: seconds(view.dpd.timeout), action: view.dpd.action },
    start: view.start,
  };
  return { obstacles: [], notes: [], lines: JSON.stringify(value, null, 2).split('\n') };
}
