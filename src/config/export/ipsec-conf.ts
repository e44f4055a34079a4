import { quotedKey } from './key-text.ts';
import type { Rendered } from './rendered.ts';
import { whereTrue } from './rendered.ts';
import { childSegments, endAddresses, proposalTexts, strongswanNotes } from './strongswan.ts';
import type { Keys } from './swanctl.ts';
import type { EndView, TunnelView } from './tunnel-view.ts';
import { addressText, identityText, seconds } from './tunnel-view.ts';

/*
 * ipsec.conf of strongSwan (man ipsec.conf(5), ipsec.secrets(5) of 5.9), in the shape that the platform lets its users
 * download. Whatever strongSwan has another default for is written out. What contradicts itself in the platform's file is
 * not there: `pfs=no` beside a group, which decides, and nexthops, which nothing reads.
 */

const INDENT = '    ';

export function renderIpsecConf(view: TunnelView): Rendered {
  const [first, ...others] = childSegments(view);
  const conn = [
    `conn ${view.name}`,
    ...settingsOf(view, first ?? { local: '', remote: '' }).map((line) => INDENT + line),
  ];
  const more = others.flatMap(({ local, remote }, index) => [
    '',
    `conn ${view.name}-${index + 2}`,
    `${INDENT}also=${view.name}`,
    `${INDENT}leftsubnet=${local}`,
    `${INDENT}rightsubnet=${remote}`,
  ]);
  return {
    obstacles: whereTrue([
      view.ppk?.required === true,
      'ipsec.conf has no post-quantum preshared keys, and this tunnel requires one; use the format swanctl',
    ]),
    notes: [
      `into /etc/ipsec.conf; the key goes into /etc/ipsec.secrets: format ipsec.secrets`,
      ...strongswanNotes(view),
      ...whereTrue([
        view.ppk?.required === false,
        'without the post-quantum preshared key, which ipsec.conf cannot have',
      ]),
    ],
    lines: [...conn, ...more],
  };
}

function settingsOf(view: TunnelView, segments: { readonly local: string; readonly remote: string }): string[] {
  const shortest = Math.min(view.ikeLifetime, view.childLifetime);
  return [
    'keyingtries=%forever',
    'authby=secret',
    `auto=${STARTS[view.start]}`,
    `type=${view.childMode}`,
    `keyexchange=ikev${view.version}`,
    ...(view.version === 1
      ? [`aggressive=${yesNo(view.mode === 'aggressive')}`]
      : [`reauth=${yesNo(view.reauthenticate)}`, `mobike=${yesNo(view.mobike)}`]),
    ...(view.inUdp ? ['forceencaps=yes'] : []),
    `${view.protocol}=${proposalTexts(view.childProposals)}!`,
    `ike=${proposalTexts(view.ikeProposals)}!`,
    `ikelifetime=${view.ikeLifetime}s`,
    `lifetime=${view.childLifetime}s`,
    // strongSwan's 9 minutes, twice that by chance, would be all of a short lifetime.
    ...(shortest < USUAL_LIFETIME ? [`margintime=${Math.max(1, Math.floor(shortest / 10))}s`] : []),
    ...endOf('left', view.local, segments.local),
    ...endOf('right', view.remote, segments.remote),
    `dpdaction=${view.dpd.delay === 0 ? 'none' : view.dpd.action}`,
    `dpddelay=${seconds(view.dpd.delay)}s`,
    `dpdtimeout=${seconds(view.dpd.timeout)}s`,
  ];
}

const USUAL_LIFETIME = 3600;

const STARTS: Readonly<Record<TunnelView['start'], string>> = {
  initiate: 'start',
  respond: 'add',
  'on-traffic': 'route',
};

function yesNo(flag: boolean): string {
  return flag ? 'yes' : 'no';
}

function endOf(side: 'left' | 'right', end: EndView, subnets: string): string[] {
  return [
    `${side}=${endAddresses(end) ?? '%any'}`,
    ...(end.identity === undefined ? [] : [`${side}id=${quoted(identityText(end, ''))}`]),
    `${side}subnet=${subnets}`,
  ];
}

/** What is syntax outside quotes: an equals sign, a hash, a quote itself. */
function quoted(text: string): string {
  if (/^[A-Za-z0-9@:._%+-]+$/.test(text)) return text;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The line of ipsec.secrets that goes with it. */
export function renderIpsecSecrets(view: TunnelView, { psk }: Keys): Rendered {
  const ids = [view.local, view.remote].map((end) => identityText(end, '%any'));
  // In main mode a responder of IKEv1 must find the key before it knows the identity.
  const addresses =
    view.version === 1 && view.mode === 'main'
      ? [view.local, view.remote].flatMap((end) => (end.address.kind === 'address' ? [addressText(end, '')] : []))
      : [];
  const owners = [...new Set([...ids, ...addresses])];
  return {
    obstacles: [],
    notes: ['into /etc/ipsec.secrets, which only root may read (chmod 600)'],
    lines: [`${owners.join(' ')} : PSK ${quotedKey(psk)}`],
  };
}
