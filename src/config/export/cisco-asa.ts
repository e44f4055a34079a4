import type { Device, Fitted } from './device.ts';
import { fit, renderedOf } from './device.ts';
import { masks } from './netmask.ts';
import type { Rendered } from './rendered.ts';
import { whereTrue } from './rendered.ts';
import { numberedGroups } from './suite.ts';
import type { Keys } from './swanctl.ts';
import type { TunnelView } from './tunnel-view.ts';
import { addressText, seconds } from './tunnel-view.ts';

/*
 * Cisco ASA with crypto maps, as in the example that Azure publishes. Sources: Cisco ASA Series Command Reference (crypto ikev2 policy, crypto ipsec
 * ikev2 ipsec-proposal, crypto map set pfs, tunnel-group), "LAN-to-LAN IPsec VPNs" of the VPN CLI guide.
 */

// biome-ignore format: a list of words
const GROUPS = ['modp768', 'modp1024', 'modp1536', 'modp2048', 'modp3072', 'modp4096', 'ecp256', 'ecp384', 'ecp521', 'modp2048s256', 'curve25519'] as const;

// biome-ignore format: what is of one kind, one row
const IKEV2: Device = {
  name: 'Cisco ASA',
  ike: {
    encryption: { '3des': '3des', aes128: 'aes', aes192: 'aes-192', aes256: 'aes-256', aes128gcm16: 'aes-gcm', aes192gcm16: 'aes-gcm-192', aes256gcm16: 'aes-gcm-256' },
    integrity: { md5: 'md5', sha1: 'sha', sha256: 'sha256', sha384: 'sha384', sha512: 'sha512' },
    prf: { prfmd5: 'md5', prfsha1: 'sha', prfsha256: 'sha256', prfsha384: 'sha384', prfsha512: 'sha512' },
    prfApart: true,
    keyExchange: numberedGroups(GROUPS, String),
  },
  child: {
    encryption: { '3des': '3des', aes128: 'aes', aes192: 'aes-192', aes256: 'aes-256', aes128gcm16: 'aes-gcm', aes192gcm16: 'aes-gcm-192', aes256gcm16: 'aes-gcm-256' },
    integrity: { md5: 'md5', sha1: 'sha-1', sha256: 'sha-256', sha384: 'sha-384', sha512: 'sha-512' },
    keyExchange: numberedGroups(GROUPS, (number) => `group${number}`),
  },
  versions: [1, 2],
  aggressive: true,
  ah: false,
  ipv6: false,
  withoutPfs: true,
  identities: ['ipv4'],
  identityIsAddress: true,
  ikeLifetime: [120, 2_147_483_647],
  childLifetime: [120, 214_783_647],
  keys: { text: /^[^?"\s]{1,128}$/, hex: true },
  profile: 'cisco',
};

// biome-ignore format: what is of one kind, one row
const IKEV1: Device = {
  ...IKEV2,
  ike: {
    encryption: { '3des': '3des', aes128: 'aes', aes192: 'aes-192', aes256: 'aes-256' },
    integrity: { md5: 'md5', sha1: 'sha' },
    keyExchange: numberedGroups(['modp768', 'modp1024', 'modp1536', 'modp2048'], String),
  },
  child: {
    encryption: { '3des': 'esp-3des', aes128: 'esp-aes', aes192: 'esp-aes-192', aes256: 'esp-aes-256' },
    integrity: { md5: 'esp-md5-hmac', sha1: 'esp-sha-hmac' },
    keyExchange: numberedGroups(['modp768', 'modp1024', 'modp1536', 'modp2048'], (number) => `group${number}`),
  },
  keys: { text: /^[^?"\s]{1,128}$/, hex: false },
};

const OLD_WORDS = /3des|md5|modp768|modp1024|modp1536|modp2048s256/;

export function renderCiscoAsa(view: TunnelView, { psk }: Keys): Rendered {
  const fitted = fit(view, view.version === 1 ? IKEV1 : IKEV2, psk);
  const name = `CYG-${view.name}`;
  const key = psk.kind === 'hex' ? `hex ${fitted.psk}` : fitted.psk;
  const stage1 = view.version === 1 ? ikev1(fitted, name) : ikev2(fitted, name);
  const chosen = `${fitted.ike.chosen} ${fitted.child.chosen}`;
  const notes = [
    'replace outside with the public interface; 10 must be free in its policies and in its crypto map',
    'exempt the segments from NAT towards each other, where the device translates',
    ...whereTrue([
      OLD_WORDS.test(chosen),
      'releases from 9.15 on have no 3DES, no MD5 and no group 1, 2, 5 and 24 any more',
    ]),
  ];
  return renderedOf(fitted, [...stage1, ...cryptoMap(view, fitted, name), ...tunnelGroup(view, key)], notes);
}

function ikev2({ ike, child, ikeLifetime }: Fitted, name: string): string[] {
  return [
    'crypto ikev2 policy 10',
    ` encryption ${ike.encryption}`,
    ` integrity ${ike.aead ? 'null' : ike.integrity}`,
    ` group ${ike.keyExchange}`,
    ` prf ${ike.prf}`,
    ` lifetime seconds ${ikeLifetime}`,
    'crypto ikev2 enable outside',
    `crypto ipsec ikev2 ipsec-proposal ${name}`,
    ` protocol esp encryption ${child.encryption ?? '<AH>'}`,
    ` protocol esp integrity ${child.aead ? 'null' : child.integrity}`,
  ];
}

function ikev1({ ike, child, ikeLifetime }: Fitted, name: string): string[] {
  return [
    'crypto ikev1 policy 10',
    ' authentication pre-share',
    ` encryption ${ike.encryption}`,
    ` hash ${ike.integrity}`,
    ` group ${ike.keyExchange}`,
    ` lifetime ${ikeLifetime}`,
    'crypto ikev1 enable outside',
    'crypto isakmp identity address',
    `crypto ipsec ikev1 transform-set ${name} ${child.encryption ?? '<AH>'} ${child.integrity ?? ''}`.trimEnd(),
  ];
}

function cryptoMap(view: TunnelView, { ike, child, childLifetime, pairs }: Fitted, name: string): string[] {
  const map = 'crypto map CYG 10';
  const aggressive = view.version === 1 && view.mode === 'aggressive';
  return [
    ...pairs.map(({ local, remote }) => {
      const [from, to] = [masks(local), masks(remote)];
      return `access-list ${name} extended permit ip ${from.network} ${from.mask} ${to.network} ${to.mask}`;
    }),
    `${map} match address ${name}`,
    `${map} set peer ${addressText(view.remote, '')}`,
    view.version === 1 ? `${map} set ikev1 transform-set ${name}` : `${map} set ikev2 ipsec-proposal ${name}`,
    ...(aggressive ? [`${map} set ikev1 phase1-mode aggressive group${ike.keyExchange}`] : []),
    ...(child.keyExchange === undefined ? [] : [`${map} set pfs ${child.keyExchange}`]),
    `${map} set security-association lifetime seconds ${childLifetime}`,
    `${map} set security-association lifetime kilobytes unlimited`,
    'crypto map CYG interface outside',
  ];
}

function tunnelGroup(view: TunnelView, key: string): string[] {
  const peer = addressText(view.remote, '');
  return [
    `tunnel-group ${peer} type ipsec-l2l`,
    `tunnel-group ${peer} ipsec-attributes`,
    ...(view.version === 1
      ? [` ikev1 pre-shared-key ${key}`]
      : [` ikev2 remote-authentication pre-shared-key ${key}`, ` ikev2 local-authentication pre-shared-key ${key}`]),
    ` isakmp keepalive threshold ${Math.max(10, seconds(view.dpd.delay))} retry 2`,
  ];
}
