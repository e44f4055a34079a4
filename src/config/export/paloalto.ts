import type { Identity } from '../../sa/identity.ts';
import type { Device, Fitted } from './device.ts';
import { fit, identityWords, renderedOf } from './device.ts';
import type { Rendered } from './rendered.ts';
import { whereTrue } from './rendered.ts';
import { numberedGroups } from './suite.ts';
import type { Keys } from './swanctl.ts';
import type { TunnelView } from './tunnel-view.ts';
import { addressText } from './tunnel-view.ts';

/*
 * PAN-OS, with proxy IDs. Sources: PAN-OS Administrator's Guide, "Define IKE Crypto Profiles", "Define IPSec Crypto
 * Profiles", "IKE Phase 1" (groups 15, 16 and 21 from 10.2 on, no group 24), "Set Up an IKE Gateway".
 */

// biome-ignore format: a list of words
const GROUPS = ['modp768', 'modp1024', 'modp1536', 'modp2048', 'modp3072', 'modp4096', 'ecp256', 'ecp384', 'ecp521'] as const;

// biome-ignore format: what is of one kind, one row
const CIPHERS = { '3des': '3des', aes128: 'aes-128-cbc', aes192: 'aes-192-cbc', aes256: 'aes-256-cbc', aes128gcm16: 'aes-128-gcm', aes256gcm16: 'aes-256-gcm' };
const HASHES = { md5: 'md5', sha1: 'sha1', sha256: 'sha256', sha384: 'sha384', sha512: 'sha512' };

const PALO_ALTO: Device = {
  name: 'PAN-OS',
  ike: {
    encryption: CIPHERS,
    integrity: HASHES,
    // Beside a GCM cipher, the hash is that of the PRF.
    prf: { prfmd5: 'md5', prfsha1: 'sha1', prfsha256: 'sha256', prfsha384: 'sha384', prfsha512: 'sha512' },
    keyExchange: numberedGroups(GROUPS, (number) => `group${number}`),
  },
  child: {
    encryption: CIPHERS,
    integrity: HASHES,
    keyExchange: numberedGroups(GROUPS, (number) => `group${number}`),
  },
  versions: [1, 2],
  aggressive: true,
  ah: true,
  ipv6: true,
  withoutPfs: true,
  identities: ['ipv4', 'ipv6', 'fqdn', 'rfc822', 'keyid'],
  identityIsAddress: false,
  ikeLifetime: [180, 86_400 * 365],
  childLifetime: [180, 86_400 * 365],
  keys: { text: /^[^"\s]{1,255}$/, hex: false },
  profile: 'paloalto',
};

const IDENTITIES: Readonly<Partial<Record<Identity['type'], string>>> = {
  ipv4: 'ipaddr',
  ipv6: 'ipaddr',
  fqdn: 'fqdn',
  rfc822: 'ufqdn',
  keyid: 'keyid',
};

const MAX_NAME = 31;

export function renderPaloalto(view: TunnelView, { psk }: Keys): Rendered {
  const fitted = fit(view, PALO_ALTO, psk);
  const name = `CYG-${view.name}`.slice(0, MAX_NAME);
  const notes = [
    'replace ethernet1/1 with the public interface, tunnel.1 with a free unit, and default with the virtual router',
    'put tunnel.1 into a zone, and permit the traffic between the zones',
    ...whereTrue([
      /modp3072|modp4096|ecp521/.test(`${fitted.ike.chosen} ${fitted.child.chosen}`),
      'groups 15, 16 and 21 are there from PAN-OS 10.2 on',
    ]),
  ];
  return renderedOf(
    fitted,
    [...profiles(view, fitted, name), ...gateway(view, fitted, name), ...tunnel(view, fitted, name)],
    notes,
  );
}

/** Seconds go up to 65535 only. */
function lifetime(seconds: number): string {
  if (seconds <= 65_535) return `seconds ${seconds}`;
  return seconds % 3600 === 0 ? `hours ${seconds / 3600}` : `minutes ${Math.floor(seconds / 60)}`;
}

function profiles(
  { protocol }: TunnelView,
  { ike, child, ikeLifetime, childLifetime }: Fitted,
  name: string,
): string[] {
  const first = `set network ike crypto-profiles ike-crypto-profiles ${name}`;
  const second = `set network ike crypto-profiles ipsec-crypto-profiles ${name}`;
  return [
    `${first} encryption ${ike.encryption}`,
    `${first} hash ${ike.aead ? ike.prf : ike.integrity}`,
    `${first} dh-group ${ike.keyExchange}`,
    `${first} lifetime ${lifetime(ikeLifetime)}`,
    ...(protocol === 'ah'
      ? [`${second} ah authentication ${child.integrity}`]
      : [
          `${second} esp encryption ${child.encryption}`,
          `${second} esp authentication ${child.aead ? 'none' : child.integrity}`,
        ]),
    `${second} dh-group ${child.keyExchange ?? 'no-pfs'}`,
    `${second} lifetime ${lifetime(childLifetime)}`,
  ];
}

function gateway(view: TunnelView, { psk }: Fitted, name: string): string[] {
  const at = `set network ike gateway ${name}`;
  const version = `ikev${view.version}`;
  const [local, remote] = [
    identityWords(view.local.identity, IDENTITIES),
    identityWords(view.remote.identity, IDENTITIES),
  ];
  return [
    `${at} authentication pre-shared-key key ${psk}`,
    `${at} protocol version ${version}`,
    `${at} protocol ${version} ike-crypto-profile ${name}`,
    `${at} protocol ${version} dpd enable yes`,
    ...(view.version === 1 ? [`${at} protocol ${version} exchange-mode ${view.mode}`] : []),
    `${at} protocol-common nat-traversal enable yes`,
    `${at} local-address interface ethernet1/1`,
    `${at} peer-address ip ${addressText(view.remote, '')}`,
    ...(local === undefined ? [] : [`${at} local-id type ${local.word}`, `${at} local-id id ${local.value}`]),
    ...(remote === undefined ? [] : [`${at} peer-id type ${remote.word}`, `${at} peer-id id ${remote.value}`]),
  ];
}

function tunnel({ remote }: TunnelView, { pairs }: Fitted, name: string): string[] {
  const at = `set network tunnel ipsec ${name}`;
  const router = 'set network virtual-router default routing-table';
  return [
    'set network interface tunnel units tunnel.1',
    'set network virtual-router default interface tunnel.1',
    `${at} tunnel-interface tunnel.1`,
    `${at} auto-key ike-gateway ${name}`,
    `${at} auto-key ipsec-crypto-profile ${name}`,
    ...pairs.map((pair, index) => {
      const kind = pair.local.includes(':') ? 'proxy-id-v6' : 'proxy-id';
      return `${at} auto-key ${kind} P${index + 1} local ${pair.local} remote ${pair.remote} protocol any`;
    }),
    ...remote.subnets.flatMap((subnet, index) => {
      const route = `${router} ${subnet.includes(':') ? 'ipv6' : 'ip'} static-route ${name}-${index + 1}`;
      return [`${route} destination ${subnet}`, `${route} interface tunnel.1`];
    }),
  ];
}
