import type { Identity } from '../../sa/identity.ts';
import type { Device, Fitted } from './device.ts';
import { fit, identityWords, renderedOf } from './device.ts';
import type { Rendered } from './rendered.ts';
import { numberedGroups } from './suite.ts';
import type { Keys } from './swanctl.ts';
import type { TunnelView } from './tunnel-view.ts';
import { addressText, seconds } from './tunnel-view.ts';

/*
 * Junos of the SRX, with traffic selectors on a tunnel interface. Sources: Junos CLI Reference, "proposal (Security
 * IKE)", "policy (Security IKE)", "gateway (Security IKE)", "proposal (Security IPsec)", "traffic-selector".
 */

// biome-ignore format: a list of words
const GROUPS = ['modp768', 'modp1024', 'modp1536', 'modp2048', 'modp3072', 'modp4096', 'ecp256', 'ecp384', 'ecp521', 'modp2048s256'] as const;

const CBC = { '3des': '3des-cbc', aes128: 'aes-128-cbc', aes192: 'aes-192-cbc', aes256: 'aes-256-cbc' };

// biome-ignore format: what is of one kind, one row
const SRX: Device = {
  name: 'Junos',
  ike: {
    encryption: { ...CBC, aes128gcm16: 'aes-128-gcm', aes256gcm16: 'aes-256-gcm' },
    integrity: { md5: 'md5', sha1: 'sha1', sha256: 'sha-256', sha384: 'sha-384', sha512: 'sha-512' },
    // Beside a GCM cipher, the authentication algorithm is that of the PRF.
    prf: { prfmd5: 'md5', prfsha1: 'sha1', prfsha256: 'sha-256', prfsha384: 'sha-384', prfsha512: 'sha-512' },
    keyExchange: numberedGroups(GROUPS, (number) => `group${number}`),
  },
  child: {
    encryption: { ...CBC, aes128gcm16: 'aes-128-gcm', aes192gcm16: 'aes-192-gcm', aes256gcm16: 'aes-256-gcm' },
    integrity: { md5: 'hmac-md5-96', sha1: 'hmac-sha1-96', sha256: 'hmac-sha-256-128', sha384: 'hmac-sha-384', sha512: 'hmac-sha-512' },
    keyExchange: numberedGroups(GROUPS, (number) => `group${number}`),
  },
  versions: [1, 2],
  aggressive: true,
  ah: true,
  ipv6: true,
  withoutPfs: true,
  identities: ['ipv4', 'ipv6', 'fqdn', 'rfc822', 'keyid'],
  identityIsAddress: false,
  ikeLifetime: [180, 86_400],
  childLifetime: [180, 86_400],
  keys: { text: /^[^"\s]{1,255}$/, hex: true },
};

const IDENTITIES: Readonly<Partial<Record<Identity['type'], string>>> = {
  ipv4: 'inet',
  ipv6: 'inet6',
  fqdn: 'hostname',
  rfc822: 'user-at-hostname',
  keyid: 'key-id',
};

export function renderJuniperSrx(view: TunnelView, { psk }: Keys): Rendered {
  const fitted = fit(view, SRX, psk);
  const name = `CYG-${view.name}`.slice(0, MAX_NAME);
  const notes = [
    'replace ge-0/0/0.0 with the public interface, st0.0 with a free unit, vpn with the zone of the tunnel',
    'policies between the zones must permit the traffic, and IKE must be a host-inbound-traffic service of the public one',
  ];
  const key = psk.kind === 'hex' ? `hexadecimal ${fitted.psk}` : `ascii-text "${fitted.psk}"`;
  return renderedOf(fitted, [...stage1(view, fitted, name, key), ...stage2(view, fitted, name)], notes);
}

const MAX_NAME = 32;

function stage1(view: TunnelView, { ike, ikeLifetime }: Fitted, name: string, key: string): string[] {
  const proposal = `set security ike proposal ${name}`;
  const policy = `set security ike policy ${name}`;
  const gateway = `set security ike gateway ${name}`;
  const [local, remote] = [
    identityWords(view.local.identity, IDENTITIES),
    identityWords(view.remote.identity, IDENTITIES),
  ];
  return [
    `${proposal} authentication-method pre-shared-keys`,
    `${proposal} dh-group ${ike.keyExchange}`,
    `${proposal} authentication-algorithm ${ike.aead ? ike.prf : ike.integrity}`,
    `${proposal} encryption-algorithm ${ike.encryption}`,
    `${proposal} lifetime-seconds ${ikeLifetime}`,
    ...(view.version === 1 ? [`${policy} mode ${view.mode}`] : []),
    `${policy} proposals ${name}`,
    `${policy} pre-shared-key ${key}`,
    `${gateway} ike-policy ${name}`,
    `${gateway} address ${addressText(view.remote, '')}`,
    ...(local === undefined ? [] : [`${gateway} local-identity ${local.word} ${local.value}`]),
    ...(remote === undefined ? [] : [`${gateway} remote-identity ${remote.word} ${remote.value}`]),
    `${gateway} external-interface ge-0/0/0.0`,
    `${gateway} dead-peer-detection always-send`,
    `${gateway} dead-peer-detection interval ${Math.min(60, Math.max(10, seconds(view.dpd.delay)))}`,
    `${gateway} dead-peer-detection threshold 3`,
    `${gateway} version v${view.version}-only`,
  ];
}

function stage2(view: TunnelView, { child, childLifetime, pairs }: Fitted, name: string): string[] {
  const proposal = `set security ipsec proposal ${name}`;
  const vpn = `set security ipsec vpn ${name}`;
  return [
    `${proposal} protocol ${view.protocol}`,
    ...(child.integrity === undefined ? [] : [`${proposal} authentication-algorithm ${child.integrity}`]),
    ...(child.encryption === undefined ? [] : [`${proposal} encryption-algorithm ${child.encryption}`]),
    `${proposal} lifetime-seconds ${childLifetime}`,
    `set security ipsec policy ${name} proposals ${name}`,
    ...(child.keyExchange === undefined
      ? []
      : [`set security ipsec policy ${name} perfect-forward-secrecy keys ${child.keyExchange}`]),
    'set interfaces st0 unit 0 family inet',
    'set security zones security-zone vpn interfaces st0.0',
    `${vpn} bind-interface st0.0`,
    `${vpn} ike gateway ${name}`,
    `${vpn} ike ipsec-policy ${name}`,
    ...pairs.map(
      ({ local, remote }, index) => `${vpn} traffic-selector T${index + 1} local-ip ${local} remote-ip ${remote}`,
    ),
    `${vpn} establish-tunnels ${view.start === 'initiate' ? 'immediately' : 'on-traffic'}`,
  ];
}
