import { formatIdentity } from '../../sa/identity.ts';
import type { Device, Fitted } from './device.ts';
import { fit, ownAddress, renderedOf } from './device.ts';
import type { Rendered } from './rendered.ts';
import { numberedGroups, sameWords } from './suite.ts';
import type { Keys } from './swanctl.ts';
import type { EndView, TunnelView } from './tunnel-view.ts';
import { addressText, seconds } from './tunnel-view.ts';

/*
 * VyOS 1.4 and later, policy-based. Source: VyOS documentation, "Site-to-Site IPsec" (configuration/vpn/site2site_ipsec.rst),
 * whose daemon is strongSwan; it has no AH.
 */

// biome-ignore format: a list of words
const GROUPS = ['modp768', 'modp1024', 'modp1536', 'modp2048', 'modp3072', 'modp4096', 'modp6144', 'modp8192', 'ecp256', 'ecp384', 'ecp521', 'modp2048s256', 'curve25519'] as const;
const CIPHERS = {
  ...sameWords(['3des', 'aes128', 'aes192', 'aes256', 'chacha20poly1305']),
  aes128gcm16: 'aes128gcm128',
  aes192gcm16: 'aes192gcm128',
  aes256gcm16: 'aes256gcm128',
};
const HASHES = sameWords(['md5', 'sha1', 'sha256', 'sha384', 'sha512']);

const VYOS: Device = {
  name: 'VyOS',
  ike: {
    encryption: CIPHERS,
    integrity: HASHES,
    prf: sameWords(['prfmd5', 'prfsha1', 'prfsha256', 'prfsha384', 'prfsha512']),
    prfApart: true,
    keyExchange: numberedGroups(GROUPS, String),
  },
  child: {
    encryption: CIPHERS,
    integrity: HASHES,
    keyExchange: numberedGroups(GROUPS, (number) => `dh-group${number}`),
  },
  versions: [1, 2],
  aggressive: true,
  ah: false,
  ipv6: true,
  withoutPfs: true,
  identities: ['ipv4', 'ipv6', 'fqdn', 'rfc822', 'keyid'],
  bytes: true,
  identityIsAddress: false,
  ikeLifetime: [30, 86_400],
  childLifetime: [30, 86_400],
  keys: { text: /^[^'\s]{1,128}$/, hex: true },
};

export function renderVyos(view: TunnelView, { psk }: Keys): Rendered {
  const fitted = fit(view, VYOS, psk);
  // Names of peers have no dots there.
  const name = `CYG-${view.name.replace(/\./g, '_')}`;
  const key = psk.kind === 'hex' ? `0x${fitted.psk}` : fitted.psk;
  return renderedOf(fitted, [
    ...stage1(view, fitted, name, key),
    ...stage2(fitted, name),
    ...peerLines(view, fitted, name),
  ]);
}

/** There is none that waits for traffic: to begin at once does no harm. */
const START: Readonly<Record<TunnelView['start'], string>> = {
  initiate: 'initiate',
  respond: 'respond',
  'on-traffic': 'initiate',
};

function stage1(view: TunnelView, { ike, ikeLifetime }: Fitted, name: string, key: string): string[] {
  const psk = `set vpn ipsec authentication psk ${name}`;
  const group = `set vpn ipsec ike-group ${name}`;
  const ids = [view.local, view.remote].map(idOf);
  return [
    ...[...new Set(ids)].map((id) => `${psk} id '${id}'`),
    `${psk} secret '${key}'`,
    `${group} key-exchange 'ikev${view.version}'`,
    ...(view.version === 1 ? [`${group} mode '${view.mode}'`] : []),
    ...(view.version === 2 && !view.mobike ? [`${group} disable-mobike`] : []),
    `${group} lifetime '${ikeLifetime}'`,
    `${group} dead-peer-detection action '${view.dpd.action === 'hold' ? 'trap' : view.dpd.action}'`,
    `${group} dead-peer-detection interval '${Math.max(2, seconds(view.dpd.delay))}'`,
    `${group} dead-peer-detection timeout '${Math.max(2, seconds(view.dpd.timeout))}'`,
    `${group} proposal 1 dh-group '${ike.keyExchange}'`,
    `${group} proposal 1 encryption '${ike.encryption}'`,
    ...(ike.integrity === undefined ? [] : [`${group} proposal 1 hash '${ike.integrity}'`]),
    ...(ike.prf === `prf${ike.integrity}` ? [] : [`${group} proposal 1 prf '${ike.prf}'`]),
  ];
}

function stage2({ child, childLifetime }: Fitted, name: string): string[] {
  const group = `set vpn ipsec esp-group ${name}`;
  return [
    `${group} lifetime '${childLifetime}'`,
    `${group} mode 'tunnel'`,
    `${group} pfs '${child.keyExchange ?? 'disable'}'`,
    `${group} proposal 1 encryption '${child.encryption ?? '<AH>'}'`,
    ...(child.integrity === undefined ? [] : [`${group} proposal 1 hash '${child.integrity}'`]),
  ];
}

function peerLines(view: TunnelView, { pairs }: Fitted, name: string): string[] {
  const peer = `set vpn ipsec site-to-site peer ${name}`;
  return [
    `${peer} authentication mode 'pre-shared-secret'`,
    ...(view.local.identity === undefined ? [] : [`${peer} authentication local-id '${idOf(view.local)}'`]),
    `${peer} authentication remote-id '${idOf(view.remote)}'`,
    `${peer} connection-type '${START[view.start]}'`,
    ...(view.inUdp ? [`${peer} force-udp-encapsulation`] : []),
    `${peer} ike-group '${name}'`,
    `${peer} default-esp-group '${name}'`,
    `${peer} local-address '${ownAddress(view.local)}'`,
    `${peer} remote-address '${addressText(view.remote, '')}'`,
    ...pairs.flatMap(({ local, remote }, index) => [
      `${peer} tunnel ${index + 1} local prefix '${local}'`,
      `${peer} tunnel ${index + 1} remote prefix '${remote}'`,
    ]),
  ];
}

function idOf({ identity }: EndView): string {
  return identity === undefined ? '%any' : formatIdentity(identity);
}
