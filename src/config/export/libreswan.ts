import { formatIdentity } from '../../sa/identity.ts';
import type { Device, Fitted } from './device.ts';
import { fit, identityWords, renderedOf } from './device.ts';
import { quotedKey } from './key-text.ts';
import type { Rendered } from './rendered.ts';
import { whereTrue } from './rendered.ts';
import { sameWords } from './suite.ts';
import type { Keys } from './swanctl.ts';
import type { EndView, TunnelView } from './tunnel-view.ts';
import { addressText, seconds } from './tunnel-view.ts';

/*
 * libreswan 4 and 5. Sources: ipsec.conf(5) and ipsec.secrets(5) of libreswan; its release notes on groups that are not
 * built any more (22 to 24, and 2 unless USE_DH2 is set). Its algorithms stand with a semicolon before the group.
 */

// biome-ignore format: a list of words
const GROUPS = ['modp1024', 'modp1536', 'modp2048', 'modp3072', 'modp4096', 'modp6144', 'modp8192'] as const;
const KEY_EXCHANGE = { ...sameWords(GROUPS), ecp256: 'dh19', ecp384: 'dh20', ecp521: 'dh21', curve25519: 'dh31' };
const CBC = sameWords(['3des', 'aes128', 'aes192', 'aes256']);
const COMBINED = { aes128gcm16: 'aes_gcm128', aes192gcm16: 'aes_gcm192', aes256gcm16: 'aes_gcm256' };
const HASHES = { md5: 'md5', sha1: 'sha1', sha256: 'sha2_256', sha384: 'sha2_384', sha512: 'sha2_512' };

const LIBRESWAN: Device = {
  name: 'libreswan',
  ike: {
    encryption: { ...CBC, ...COMBINED, chacha20poly1305: 'chacha20_poly1305' },
    integrity: HASHES,
    prf: { prfmd5: 'md5', prfsha1: 'sha1', prfsha256: 'sha2_256', prfsha384: 'sha2_384', prfsha512: 'sha2_512' },
    keyExchange: KEY_EXCHANGE,
  },
  child: {
    encryption: { ...CBC, ...COMBINED, chacha20poly1305: 'chacha20_poly1305' },
    integrity: HASHES,
    keyExchange: KEY_EXCHANGE,
  },
  versions: [1, 2],
  aggressive: true,
  ah: true,
  ipv6: true,
  withoutPfs: true,
  identities: ['ipv4', 'ipv6', 'fqdn', 'rfc822', 'keyid'],
  identityIsAddress: false,
  ikeLifetime: [60, 86_400],
  childLifetime: [60, 86_400],
  keys: { text: /^[^"\s]{1,128}$/, hex: true },
};

const INDENT = '    ';

export function renderLibreswan(view: TunnelView, keys: Keys): Rendered {
  const fitted = fit(view, LIBRESWAN, keys.psk);
  const owners = [view.local, view.remote].map((end) => idOf(end) ?? '%any').join(' ');
  const chosen = `${fitted.ike.chosen} ${fitted.child.chosen}`;
  const notes = [
    `into /etc/ipsec.d/${view.name}.conf; the last line, without #, goes into /etc/ipsec.d/${view.name}.secrets (chmod 600)`,
    ...whereTrue(
      [/modp1024/.test(chosen), 'group 2 is not built into most packages of libreswan any more'],
      [view.version === 1, 'libreswan 5 takes IKEv1 only with ikev1-policy=accept in its config setup'],
    ),
  ];
  const lines = [
    `conn ${view.name}`,
    ...settings(view, fitted).map((line) => INDENT + line),
    '',
    `# ${owners} : PSK ${quotedKey(keys.psk)}`,
  ];
  return renderedOf(fitted, lines, notes);
}

function settings(view: TunnelView, { ike, child, ikeLifetime, childLifetime }: Fitted): string[] {
  const integrity = ike.aead ? ike.prf : ike.integrity;
  const suite = [
    ...(child.encryption === undefined ? [] : [child.encryption]),
    ...(child.aead ? [] : [child.integrity]),
  ];
  const group = child.keyExchange === undefined ? '' : `;${child.keyExchange}`;
  return [
    'authby=secret',
    `auto=${STARTS[view.start]}`,
    `type=${view.childMode}`,
    ...(view.version === 2
      ? ['ikev2=insist', `mobike=${view.mobike ? 'yes' : 'no'}`]
      : ['ikev2=never', `aggressive=${view.mode === 'aggressive' ? 'yes' : 'no'}`]),
    ...(view.inUdp ? ['encapsulation=yes'] : []),
    `ike=${ike.encryption}-${integrity};${ike.keyExchange}`,
    `phase2=${view.protocol}`,
    `phase2alg=${suite.join('-')}${group}`,
    `pfs=${child.keyExchange === undefined ? 'no' : 'yes'}`,
    `ikelifetime=${ikeLifetime}s`,
    `salifetime=${childLifetime}s`,
    ...endLines('left', view.local),
    ...endLines('right', view.remote),
    ...(view.dpd.delay === 0
      ? []
      : [
          `dpddelay=${seconds(view.dpd.delay)}s`,
          `dpdtimeout=${seconds(view.dpd.timeout)}s`,
          `dpdaction=${view.dpd.action}`,
        ]),
  ];
}

const STARTS: Readonly<Record<TunnelView['start'], string>> = {
  initiate: 'start',
  respond: 'add',
  'on-traffic': 'ondemand',
};

/** Several segments make one connection for each pair. */
function endLines(side: 'left' | 'right', end: EndView): string[] {
  const id = idOf(end);
  const [first, ...more] = end.subnets;
  return [
    `${side}=${addressText(end, '%defaultroute')}`,
    ...(id === undefined ? [] : [`${side}id=${id}`]),
    more.length === 0 ? `${side}subnet=${first}` : `${side}subnets={${end.subnets.join(' ')}}`,
  ];
}

/** A name without an at sign before it would be looked up. */
function idOf({ identity }: EndView): string | undefined {
  if (identity === undefined) return undefined;
  if (identity.type === 'fqdn') return `@${identity.name}`;
  if (identity.type === 'keyid') return `@[${identityWords(identity, { keyid: '' })?.value}]`;
  return formatIdentity(identity);
}
