import type { Identity } from '../../sa/identity.ts';
import type { Device, Fitted } from './device.ts';
import { fit, identityWords, renderedOf } from './device.ts';
import { masks } from './netmask.ts';
import type { Rendered } from './rendered.ts';
import { whereTrue } from './rendered.ts';
import { numberedGroups, sameWords } from './suite.ts';
import type { Keys } from './swanctl.ts';
import type { TunnelView } from './tunnel-view.ts';
import { addressText, seconds } from './tunnel-view.ts';

/*
 * FortiOS, route-based. Sources: FortiOS Administration Guide, "Phase 1 configuration" and "Phase 2 configuration";
 * FortiOS CLI Reference, config vpn ipsec phase1-interface and phase2-interface. It has no group 24.
 */

// biome-ignore format: a list of words
const GROUPS = ['modp768', 'modp1024', 'modp1536', 'modp2048', 'modp3072', 'modp4096', 'modp6144', 'modp8192', 'ecp256', 'ecp384', 'ecp521', 'curve25519'] as const;

const COMBINED = { aes128gcm16: 'aes128gcm', aes256gcm16: 'aes256gcm', chacha20poly1305: 'chacha20poly1305' };

const FORTIGATE: Device = {
  name: 'FortiOS',
  ike: {
    encryption: { ...sameWords(['3des', 'aes128', 'aes192', 'aes256']), ...COMBINED },
    integrity: sameWords(['md5', 'sha1', 'sha256', 'sha384', 'sha512']),
    prf: sameWords(['prfmd5', 'prfsha1', 'prfsha256', 'prfsha384', 'prfsha512']),
    keyExchange: numberedGroups(GROUPS, String),
  },
  child: {
    encryption: { ...sameWords(['3des', 'aes128', 'aes192', 'aes256']), ...COMBINED },
    integrity: sameWords(['md5', 'sha1', 'sha256', 'sha384', 'sha512']),
    keyExchange: numberedGroups(GROUPS, String),
  },
  versions: [1, 2],
  aggressive: true,
  ah: false,
  ipv6: false,
  withoutPfs: true,
  identities: ['ipv4', 'fqdn', 'rfc822', 'keyid'],
  identityIsAddress: false,
  ikeLifetime: [120, 172_800],
  childLifetime: [120, 172_800],
  keys: { text: /^[^"?\s]{6,128}$/, hex: true },
  profile: 'fortigate',
};

const IDENTITIES: Readonly<Partial<Record<Identity['type'], string>>> = {
  ipv4: 'address',
  fqdn: 'fqdn',
  rfc822: 'user-fqdn',
  keyid: 'keyid',
};

/** Of an interface; phase 2 may have longer names, and goes by the same. */
const MAX_NAME = 15;

export function renderFortigate(view: TunnelView, { psk }: Keys): Rendered {
  const fitted = fit(view, FORTIGATE, psk);
  const name = view.name.slice(0, MAX_NAME);
  const notes = [
    'replace wan1 with the public interface; policies must permit the traffic, and routes lead the segments of Cygnet there',
    ...whereTrue([name !== view.name, `the name is cut to ${MAX_NAME} characters, which an interface has`]),
  ];
  const key = psk.kind === 'hex' ? `0x${fitted.psk}` : `"${fitted.psk}"`;
  return renderedOf(
    fitted,
    [...phase1(view, fitted, name, key), ...phase2(view, fitted, name), ...routes(view, name)],
    notes,
  );
}

function phase1(view: TunnelView, { ike, ikeLifetime }: Fitted, name: string, key: string): string[] {
  const local = identityWords(view.local.identity, IDENTITIES);
  const remote = identityWords(view.remote.identity, IDENTITIES);
  return [
    'config vpn ipsec phase1-interface',
    `    edit "${name}"`,
    '        set interface "wan1"',
    `        set ike-version ${view.version}`,
    ...(view.version === 1 ? [`        set mode ${view.mode}`] : []),
    ...(remote === undefined || (view.version === 1 && view.mode === 'main')
      ? ['        set peertype any']
      : ['        set peertype one', `        set peerid "${remote.value}"`]),
    '        set net-device disable',
    `        set proposal ${ike.encryption}-${ike.aead ? ike.prf : ike.integrity}`,
    `        set dhgrp ${ike.keyExchange}`,
    ...(local === undefined ? [] : [`        set localid-type ${local.word}`, `        set localid "${local.value}"`]),
    `        set remote-gw ${addressText(view.remote, '')}`,
    `        set psksecret ${key}`,
    ...(view.inUdp ? ['        set nattraversal forced'] : []),
    `        set keylife ${ikeLifetime}`,
    ...dpdLines(view),
    '    next',
    'end',
  ];
}

function phase2(view: TunnelView, { child, childLifetime, pairs }: Fitted, name: string): string[] {
  const entries = pairs.flatMap(({ local, remote }, index) => {
    const [from, to] = [masks(local), masks(remote)];
    return [
      `    edit "${name}-${index + 1}"`,
      `        set phase1name "${name}"`,
      `        set proposal ${[child.encryption ?? '<AH>', ...(child.aead ? [] : [child.integrity])].join('-')}`,
      ...(child.keyExchange === undefined
        ? ['        set pfs disable']
        : ['        set pfs enable', `        set dhgrp ${child.keyExchange}`]),
      `        set keylifeseconds ${childLifetime}`,
      `        set auto-negotiate ${view.start === 'initiate' ? 'enable' : 'disable'}`,
      `        set src-subnet ${from.network} ${from.mask}`,
      `        set dst-subnet ${to.network} ${to.mask}`,
      '    next',
    ];
  });
  return ['config vpn ipsec phase2-interface', ...entries, 'end'];
}

function routes({ remote }: TunnelView, name: string): string[] {
  const entries = remote.subnets.flatMap((subnet) => {
    const { network, mask } = masks(subnet);
    return ['    edit 0', `        set dst ${network} ${mask}`, `        set device "${name}"`, '    next'];
  });
  return ['config router static', ...entries, 'end'];
}

function dpdLines({ dpd: { delay } }: TunnelView): string[] {
  if (delay === 0) return ['        set dpd disable'];
  return ['        set dpd on-idle', `        set dpd-retryinterval ${seconds(delay)}`, '        set dpd-retrycount 3'];
}
