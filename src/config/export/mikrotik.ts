import type { Identity } from '../../sa/identity.ts';
import type { Device, Fitted } from './device.ts';
import { fit, identityWords, ownAddress, renderedOf } from './device.ts';
import type { Rendered } from './rendered.ts';
import { whereTrue } from './rendered.ts';
import { sameWords } from './suite.ts';
import type { Keys } from './swanctl.ts';
import type { TunnelView } from './tunnel-view.ts';
import { addressText, seconds } from './tunnel-view.ts';

/*
 * RouterOS 7. Sources: MikroTik documentation, "IPsec" (/ip ipsec profile, proposal, peer, identity, policy); the values of
 * their properties as the Terraform provider terraform-routeros documents them. It has no group 24.
 */

// biome-ignore format: a list of words
const GROUPS = ['modp768', 'modp1024', 'modp1536', 'modp2048', 'modp3072', 'modp4096', 'modp6144', 'modp8192', 'ecp256', 'ecp384', 'ecp521'] as const;
const KEY_EXCHANGE = { ...sameWords(GROUPS), curve25519: 'x25519' };

// biome-ignore format: what is of one kind, one row
const ROUTER_OS: Device = {
  name: 'RouterOS',
  ike: {
    encryption: { '3des': '3des', aes128: 'aes-128', aes192: 'aes-192', aes256: 'aes-256' },
    integrity: sameWords(['md5', 'sha1', 'sha256', 'sha384', 'sha512']),
    keyExchange: KEY_EXCHANGE,
  },
  child: {
    encryption: { '3des': '3des', aes128: 'aes-128-cbc', aes192: 'aes-192-cbc', aes256: 'aes-256-cbc', aes128gcm16: 'aes-128-gcm', aes192gcm16: 'aes-192-gcm', aes256gcm16: 'aes-256-gcm' },
    integrity: sameWords(['md5', 'sha1', 'sha256', 'sha512']),
    keyExchange: KEY_EXCHANGE,
  },
  versions: [1, 2],
  aggressive: true,
  ah: true,
  ipv6: true,
  withoutPfs: true,
  identities: ['ipv4', 'ipv6', 'fqdn', 'rfc822', 'keyid'],
  identityIsAddress: false,
  ikeLifetime: [60, 86_400 * 365],
  childLifetime: [60, 86_400 * 365],
  keys: { text: /^[^\s]{1,128}$/, hex: false },
};

const IDENTITIES: Readonly<Partial<Record<Identity['type'], string>>> = {
  ipv4: 'address',
  ipv6: 'address',
  fqdn: 'fqdn',
  rfc822: 'user-fqdn',
  keyid: 'key-id',
};

export function renderMikrotik(view: TunnelView, { psk }: Keys): Rendered {
  const fitted = fit(view, ROUTER_OS, psk);
  const notes = [
    'traffic between the segments must not be masqueraded: accept it in the chain srcnat before the rule that does so',
    ...whereTrue([
      view.version === 1 && view.remote.identity !== undefined && !('address' in view.remote.identity),
      'in IKEv1, RouterOS looks at the identity of Cygnet only where remote-id says so',
    ]),
  ];
  const name = `CYG-${view.name}`;
  return renderedOf(fitted, [...stage1(view, fitted, name), ...policies(view, fitted, name)], notes);
}

/** What the console would take for itself within quotes. */
function quoted(text: string): string {
  return `"${text.replace(/["\\$?]/g, '\\$&')}"`;
}

function identity(end: TunnelView['local']): string | undefined {
  const words = identityWords(end.identity, IDENTITIES);
  return words === undefined ? undefined : `${words.word}:${words.value}`;
}

function stage1(view: TunnelView, { ike, child, ikeLifetime, childLifetime, psk }: Fitted, name: string): string[] {
  const [own, peer] = [identity(view.local), identity(view.remote)];
  const mode = view.version === 2 ? 'ike2' : view.mode;
  const failures = Math.max(1, Math.floor(view.dpd.timeout / Math.max(1, view.dpd.delay)));
  const interval = view.dpd.delay === 0 ? 'disable-dpd' : `${seconds(view.dpd.delay)}s`;
  const address = addressText(view.remote, '');
  const host = address.includes(':') ? `${address}/128` : /^[\d.]+$/.test(address) ? `${address}/32` : address;
  return [
    `/ip ipsec profile add name=${name} enc-algorithm=${ike.encryption} hash-algorithm=${ike.integrity ?? ike.prf} dh-group=${ike.keyExchange} lifetime=${ikeLifetime}s dpd-interval=${interval} dpd-maximum-failures=${failures}`,
    `/ip ipsec proposal add name=${name} enc-algorithms=${child.encryption ?? 'null'} auth-algorithms=${child.integrity ?? 'null'} pfs-group=${child.keyExchange ?? 'none'} lifetime=${childLifetime}s`,
    `/ip ipsec peer add name=${name} address=${host} local-address=${ownAddress(view.local)} exchange-mode=${mode} profile=${name} passive=${view.start === 'respond' ? 'yes' : 'no'}`,
    `/ip ipsec identity add peer=${name} auth-method=pre-shared-key secret=${quoted(psk)}${own === undefined ? '' : ` my-id=${own}`}${peer === undefined ? '' : ` remote-id=${peer}`}`,
  ];
}

function policies(view: TunnelView, { pairs }: Fitted, name: string): string[] {
  return pairs.map(
    ({ local, remote }) =>
      `/ip ipsec policy add peer=${name} tunnel=yes src-address=${local} dst-address=${remote} protocol=all action=encrypt level=unique ipsec-protocols=${view.protocol} proposal=${name}`,
  );
}
