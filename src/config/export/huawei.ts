import type { Identity } from '../../sa/identity.ts';
import type { Device, Fitted } from './device.ts';
import { fit, identityWords, renderedOf } from './device.ts';
import { masks } from './netmask.ts';
import type { Rendered } from './rendered.ts';
import { whereTrue } from './rendered.ts';
import { numberedGroups } from './suite.ts';
import type { Keys } from './swanctl.ts';
import type { TunnelView } from './tunnel-view.ts';
import { addressText, seconds } from './tunnel-view.ts';

/*
 * Huawei USG firewalls and AR routers. Sources: Huawei USG6000 and NetEngine AR Command Reference (ike proposal, ike
 * peer, ipsec proposal, ipsec policy); weak algorithms may want a package of their own there.
 */

// biome-ignore format: a list of words
const GROUPS = ['modp768', 'modp1024', 'modp1536', 'modp2048', 'modp3072', 'modp4096', 'ecp256', 'ecp384', 'ecp521', 'modp2048s256'] as const;
const CIPHERS = { '3des': '3des', aes128: 'aes-128', aes192: 'aes-192', aes256: 'aes-256' };
const HASHES = { md5: 'md5', sha1: 'sha1', sha256: 'sha2-256', sha384: 'sha2-384', sha512: 'sha2-512' };

// biome-ignore format: what is of one kind, one row
const HUAWEI: Device = {
  name: 'Huawei',
  ike: {
    encryption: CIPHERS,
    integrity: HASHES,
    prf: { prfmd5: 'hmac-md5', prfsha1: 'hmac-sha1', prfsha256: 'hmac-sha2-256', prfsha384: 'hmac-sha2-384', prfsha512: 'hmac-sha2-512' },
    prfApart: true,
    keyExchange: numberedGroups(GROUPS, (number) => `group${number}`),
  },
  child: {
    encryption: CIPHERS,
    integrity: HASHES,
    keyExchange: numberedGroups(GROUPS, (number) => `dh-group${number}`),
  },
  versions: [1, 2],
  aggressive: true,
  ah: true,
  ipv6: false,
  withoutPfs: true,
  identities: ['ipv4', 'fqdn', 'rfc822'],
  identityIsAddress: false,
  ikeLifetime: [60, 604_800],
  childLifetime: [30, 604_800],
  keys: { text: /^[^?"\s]{1,128}$/, hex: false },
};

const IDENTITIES: Readonly<Partial<Record<Identity['type'], string>>> = {
  ipv4: 'ip',
  fqdn: 'fqdn',
  rfc822: 'user-fqdn',
};

/** What IKEv2 calls the integrity algorithm of its own messages. */
const INTEGRITY: Readonly<Record<string, string>> = {
  md5: 'hmac-md5-96',
  sha1: 'hmac-sha1-96',
  'sha2-256': 'hmac-sha2-256',
  'sha2-384': 'hmac-sha2-384',
  'sha2-512': 'hmac-sha2-512',
};

export function renderHuawei(view: TunnelView, { psk }: Keys): Rendered {
  const fitted = fit(view, HUAWEI, psk);
  const name = `CYG-${view.name}`;
  const notes = [
    'replace GigabitEthernet0/0/0 with the public interface; 10 and 3900 must be free',
    'what goes to the segments of Cygnet must be routed out of that interface, and not be translated',
    ...whereTrue([
      /md5|3des|modp(768|1024|1536|2048s256)/.test(`${fitted.ike.chosen} ${fitted.child.chosen}`),
      'weak algorithms are there only with the package of weak security algorithms on newer releases',
    ]),
  ];
  return renderedOf(fitted, [...acl(fitted), ...stage1(view, fitted, name), ...stage2(view, fitted, name)], notes);
}

function acl({ pairs }: Fitted): string[] {
  return [
    'acl number 3900',
    ...pairs.map(({ local, remote }, index) => {
      const [from, to] = [masks(local), masks(remote)];
      return ` rule ${5 * (index + 1)} permit ip source ${from.network} ${from.wildcard} destination ${to.network} ${to.wildcard}`;
    }),
  ];
}

function stage1(view: TunnelView, { ike, ikeLifetime, psk }: Fitted, name: string): string[] {
  const [local, remote] = [
    identityWords(view.local.identity, IDENTITIES),
    identityWords(view.remote.identity, IDENTITIES),
  ];
  const second = view.version === 2;
  return [
    'ike proposal 10',
    ` encryption-algorithm ${ike.encryption}`,
    ...(second
      ? [` integrity-algorithm ${INTEGRITY[ike.integrity ?? ''] ?? ike.integrity ?? '<none>'}`, ` prf ${ike.prf}`]
      : [` authentication-algorithm ${ike.integrity}`]),
    ' authentication-method pre-share',
    ` dh ${ike.keyExchange}`,
    ` sa duration ${ikeLifetime}`,
    `ike peer ${name}`,
    ` undo version ${second ? 1 : 2}`,
    ...(second ? [] : [` exchange-mode ${view.mode}`]),
    ` pre-shared-key cipher ${psk}`,
    ' ike-proposal 10',
    ...(local === undefined ? [] : [` local-id-type ${local.word}`, ` local-id ${local.value}`]),
    ...(remote === undefined ? [] : [` remote-id-type ${remote.word}`, ` remote-id ${remote.value}`]),
    ` remote-address ${addressText(view.remote, '')}`,
    ' dpd type periodic',
    ` dpd idle-time ${Math.max(10, seconds(view.dpd.delay))}`,
  ];
}

function stage2(view: TunnelView, { child, childLifetime }: Fitted, name: string): string[] {
  const { protocol } = view;
  return [
    `ipsec proposal ${name}`,
    ' encapsulation-mode tunnel',
    ` transform ${protocol}`,
    ` ${protocol} authentication-algorithm ${child.integrity ?? '<none>'}`,
    ...(child.encryption === undefined ? [] : [` esp encryption-algorithm ${child.encryption}`]),
    `ipsec policy ${name} 10 isakmp`,
    ' security acl 3900',
    ` ike-peer ${name}`,
    ` proposal ${name}`,
    ...(child.keyExchange === undefined ? [] : [` pfs ${child.keyExchange}`]),
    ` sa duration time-based ${childLifetime}`,
    ...(view.start === 'initiate' ? [' sa trigger-mode auto'] : []),
    'interface GigabitEthernet0/0/0',
    ` ipsec policy ${name}`,
  ];
}
