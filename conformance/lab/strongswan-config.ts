import type { Section, StrongswanSetup } from './scenario.ts';

/** Text of a configuration in strongSwan's language. */
export function renderSection(section: Section, depth = 0): string {
  const indent = '  '.repeat(depth);
  return Object.entries(section)
    .map(([key, value]) =>
      typeof value === 'object'
        ? `${indent}${key} {\n${renderSection(value, depth + 1)}${indent}}\n`
        : `${indent}${key} = ${renderValue(value)}\n`,
    )
    .join('');
}

/** strongswan.conf for charon, with or without the starter before it. */
export function strongswanConf(setup: StrongswanSetup, viciSocket: string, directory: string): Section {
  const legacy = setup.exported === 'ipsec.conf';
  const stroke = { socket: `unix://${directory}/stroke`, secrets_file: `${directory}/ipsec.secrets` };
  return {
    [legacy ? 'charon' : 'charon-systemd']: {
      // Loading all of Debian's plugins takes ten times as long as these, which are all that PSK gateways use.
      load: [...(setup.plugins ?? []), ...PLUGINS, ...(legacy ? ['stroke'] : [])].join(' '),
      cookie_threshold_ip: 0,
      filelog: { stderr: { default: 1, ike: 2, cfg: 2, enc: 1, flush_line: true } },
      journal: { default: -1 },
      plugins: { vici: { socket: `unix://${viciSocket}` }, ...(legacy ? { stroke } : {}) },
      ...setup.charon,
    },
  };
}

const PLUGINS = [
  'random',
  'nonce',
  'openssl',
  'curve25519',
  'md5',
  'chapoly',
  'hmac',
  'kdf',
  'gmp',
  'kernel-netlink',
  'socket-default',
  'vici',
  'updown',
];

function renderValue(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  // Quotes keep a # or a brace in a secret or an identity from being syntax.
  return typeof value === 'string' && /[#{}"]/.test(value) ? `"${value.replace(/"/g, '\\"')}"` : String(value);
}
