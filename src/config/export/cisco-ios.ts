import type { Identity } from '../../sa/identity.ts';
import type { Device, Fitted } from './device.ts';
import { fit, identityWords, renderedOf } from './device.ts';
import { masks } from './netmask.ts';
import type { Rendered } from './rendered.ts';
import { numberedGroups } from './suite.ts';
import type { Keys } from './swanctl.ts';
import type { TunnelView } from './tunnel-view.ts';
import { addressText, seconds } from './tunnel-view.ts';

/*
 * Cisco IOS and IOS XE with crypto maps, as in the examples that AWS and Azure publish. Sources: Cisco IOS Security Command Reference (crypto ikev2 proposal, crypto
 * ikev2 profile, crypto isakmp profile, crypto ipsec transform-set, set pfs), "Configuring Internet Key Exchange Version
 * 2". What the platform's own guide lacks is there: `set pfs`, and masks of one kind in the access list.
 */

// biome-ignore format: a list of words
const GROUPS = ['modp768', 'modp1024', 'modp1536', 'modp2048', 'modp3072', 'modp4096', 'ecp256', 'ecp384', 'ecp521', 'modp2048s256'] as const;

// biome-ignore format: what is of one kind, one row
const IKEV2: Device = {
  name: 'Cisco IOS',
  ike: {
    encryption: { '3des': '3des', aes128: 'aes-cbc-128', aes192: 'aes-cbc-192', aes256: 'aes-cbc-256', aes128gcm16: 'aes-gcm-128', aes256gcm16: 'aes-gcm-256' },
    integrity: { md5: 'md5', sha1: 'sha1', sha256: 'sha256', sha384: 'sha384', sha512: 'sha512' },
    prf: { prfmd5: 'md5', prfsha1: 'sha1', prfsha256: 'sha256', prfsha384: 'sha384', prfsha512: 'sha512' },
    prfApart: true,
    keyExchange: numberedGroups(GROUPS, String),
  },
  child: {
    encryption: { '3des': 'esp-3des', aes128: 'esp-aes', aes192: 'esp-aes 192', aes256: 'esp-aes 256', aes128gcm16: 'esp-gcm', aes192gcm16: 'esp-gcm 192', aes256gcm16: 'esp-gcm 256' },
    integrity: { md5: 'md5', sha1: 'sha', sha256: 'sha256', sha384: 'sha384', sha512: 'sha512' },
    keyExchange: numberedGroups(GROUPS, (number) => `group${number}`),
  },
  versions: [1, 2],
  aggressive: true,
  ah: true,
  ipv6: false,
  withoutPfs: true,
  identities: ['ipv4', 'fqdn', 'rfc822', 'keyid'],
  identityIsAddress: false,
  ikeLifetime: [120, 86_400],
  childLifetime: [120, 2_592_000],
  keys: { text: /^[^?"\s]{1,128}$/, hex: true },
  profile: 'cisco',
};

/** IKEv1 has policies in the place of proposals, other words, and sends the address of the interface alone. */
const IKEV1: Device = {
  ...IKEV2,
  ike: {
    encryption: { '3des': '3des', aes128: 'aes', aes192: 'aes 192', aes256: 'aes 256' },
    integrity: { md5: 'md5', sha1: 'sha', sha256: 'sha256', sha384: 'sha384', sha512: 'sha512' },
    keyExchange: IKEV2.ike.keyExchange,
  },
  identities: ['ipv4', 'fqdn', 'rfc822'],
  ikeLifetime: [60, 86_400],
  keys: { text: /^[^?"\s]{1,128}$/, hex: false },
};

export function renderCiscoIos(view: TunnelView, { psk }: Keys): Rendered {
  const device = view.version === 1 ? IKEV1 : IKEV2;
  const fitted = fit(view, device, psk);
  const name = `CYG-${view.name}`;
  const key = psk.kind === 'hex' ? `hex ${fitted.psk}` : fitted.psk;
  const stage1 = view.version === 1 ? ikev1(view, fitted, name) : ikev2(view, fitted, name, key);
  const notes = [
    'replace g0/1 with the public interface; 10 is free for a map of its own only',
    'what goes to the segments of Cygnet must be routed out of that interface; a default route does',
  ];
  return renderedOf(fitted, [...stage1, ...stage2(view, fitted, name)], notes);
}

function ikev2(view: TunnelView, fitted: Fitted, name: string, key: string): string[] {
  const { ike } = fitted;
  const peer = addressText(view.remote, '');
  const remote = identityWords(view.remote.identity, MATCH);
  const local = identityWords(view.local.identity, LOCAL);
  return [
    `crypto ikev2 proposal ${name}`,
    ` encryption ${ike.encryption}`,
    ...(ike.aead ? [` prf ${ike.prf}`] : [` integrity ${ike.integrity}`]),
    ...(!ike.aead && ike.prf !== ike.integrity ? [` prf ${ike.prf}`] : []),
    ` group ${ike.keyExchange}`,
    `crypto ikev2 policy ${name}`,
    ` proposal ${name}`,
    `crypto ikev2 keyring ${name}`,
    ' peer cygnet',
    `  address ${peer}`,
    `  pre-shared-key ${key}`,
    `crypto ikev2 profile ${name}`,
    ` match identity remote ${remote === undefined ? `address ${peer} 255.255.255.255` : remote.word(remote.value)}`,
    ...(local === undefined ? [] : [` identity local ${local.word} ${local.value}`]),
    ' authentication remote pre-share',
    ' authentication local pre-share',
    ` keyring local ${name}`,
    ` lifetime ${fitted.ikeLifetime}`,
    ` dpd ${Math.max(10, seconds(view.dpd.delay))} 2 periodic`,
  ];
}

const MATCH: Readonly<Partial<Record<Identity['type'], (value: string) => string>>> = {
  ipv4: (value) => `address ${value} 255.255.255.255`,
  fqdn: (value) => `fqdn ${value}`,
  rfc822: (value) => `email ${value}`,
  keyid: (value) => `key-id ${value}`,
};

const LOCAL: Readonly<Partial<Record<Identity['type'], string>>> = {
  ipv4: 'address',
  fqdn: 'fqdn',
  rfc822: 'email',
  keyid: 'key-id',
};

function ikev1(view: TunnelView, { ike, ikeLifetime, psk }: Fitted, name: string): string[] {
  const peer = addressText(view.remote, '');
  const remote = identityWords(view.remote.identity, MATCH_V1);
  const self = identityWords(view.local.identity, SELF);
  return [
    'crypto isakmp policy 10',
    ` encryption ${ike.encryption}`,
    ` hash ${ike.integrity}`,
    ' authentication pre-share',
    ` group ${ike.keyExchange}`,
    ` lifetime ${ikeLifetime}`,
    `crypto keyring ${name}`,
    ` pre-shared-key address ${peer} key ${psk}`,
    `crypto isakmp profile ${name}`,
    ` keyring ${name}`,
    ` match identity ${remote === undefined ? `address ${peer} 255.255.255.255` : remote.word(remote.value)}`,
    ...selfIdentity(view, self),
    ` keepalive ${Math.max(10, seconds(view.dpd.delay))} retry 2`,
    ...(view.mode === 'aggressive' ? [' initiate mode aggressive'] : []),
  ];
}

const MATCH_V1: typeof MATCH = {
  ipv4: (value) => `address ${value} 255.255.255.255`,
  fqdn: (value) => `host ${value}`,
  rfc822: (value) => `user ${value}`,
};

const SELF: Readonly<Partial<Record<Identity['type'], string>>> = {
  ipv4: 'address',
  fqdn: 'fqdn',
  rfc822: 'user-fqdn',
};

/** The address that it sends is that of its interface, and the name that of the router, whatever one would like. */
function selfIdentity({ local }: TunnelView, self: ReturnType<typeof identityWords<string>>): string[] {
  if (self === undefined) return [];
  if (self.word === 'user-fqdn') return [` self-identity user-fqdn ${self.value}`];
  if (self.word === 'fqdn')
    return [
      ` ! Cygnet expects ${self.value}: hostname and ip domain name of the router must make that`,
      ' self-identity fqdn',
    ];
  const own = local.address.kind === 'address' ? local.address.address : undefined;
  const told = ` ! Cygnet expects ${self.value}: where the interface has another address, set remote.id of the tunnel to that`;
  return [...(own === self.value ? [] : [told]), ' self-identity address'];
}

function stage2(view: TunnelView, { child, childLifetime, pairs }: Fitted, name: string): string[] {
  const protocol = view.protocol;
  const transforms =
    protocol === 'ah'
      ? [`ah-${child.integrity}-hmac`]
      : [`${child.encryption}`, ...(child.aead ? [] : [`esp-${child.integrity}-hmac`])];
  return [
    `crypto ipsec transform-set ${name} ${transforms.join(' ')}`,
    ' mode tunnel',
    `ip access-list extended ${name}`,
    ...pairs.map(({ local, remote }) => {
      const [from, to] = [masks(local), masks(remote)];
      return ` permit ip ${from.network} ${from.wildcard} ${to.network} ${to.wildcard}`;
    }),
    'crypto map CYG 10 ipsec-isakmp',
    ` set peer ${addressText(view.remote, '')}`,
    ` set transform-set ${name}`,
    ...(child.keyExchange === undefined ? [] : [` set pfs ${child.keyExchange}`]),
    ` set security-association lifetime seconds ${childLifetime}`,
    ` set ${view.version === 1 ? 'isakmp-profile' : 'ikev2-profile'} ${name}`,
    ` match address ${name}`,
    'interface g0/1',
    ' crypto map CYG',
  ];
}
