import { KEY_EXCHANGE } from '../../crypto/algorithms.ts';
import type { SecurityProtocol } from '../../sa/proposal.ts';
import { parseProposal } from '../../sa/proposal.ts';
import type { TreeList } from './value-tree.ts';
import { listOf } from './value-tree.ts';
import type { Remarks, Written } from './written.ts';
import { listItems } from './written.ts';

/**
 * Proposals in strongSwan's notation as our configuration takes them. `default` stands for what strongSwan offers by
 * itself. Proposals that ask for what we do not have are noted and left out where others remain.
 */
export function proposalsOf(written: Written, protocol: SecurityProtocol, version: 1 | 2, remarks: Remarks): TreeList {
  const items = listItems({ ...written, text: written.text.replace(/!\s*$/, '') });
  const all = items.flatMap((item): Written[] =>
    item.text === 'default' ? defaultsOf(protocol, version).map((text) => ({ ...item, text })) : [asOurs(item)],
  );
  const known = all.filter((item) => isKnown(item, protocol));
  for (const item of all) {
    if (known.length > 0 && !known.includes(item))
      remarks.note(item.position, `proposal ${item.text} is left out: not all of its algorithms are known here`);
  }
  return listOf(written.position, known.length > 0 ? known : all);
}

function isKnown({ text }: Written, protocol: SecurityProtocol): boolean {
  return !('error' in parseProposal(text, protocol));
}

/** libreswan puts a semicolon before the group, and numbers groups. */
function asOurs({ text, position }: Written): Written {
  const words = text.split(/[-;+]/).map((word) => LIBRESWAN_WORDS.get(word.toLowerCase()) ?? word);
  return { text: words.join('-'), position };
}

const LIBRESWAN_WORDS: ReadonlyMap<string, string> = new Map([
  ...KEY_EXCHANGE.map(({ group, keyword }) => [`dh${group}`, keyword] as const),
  ['sha2', 'sha256'],
  ['aes_gcm128', 'aes128gcm16'],
  ['aes_gcm192', 'aes192gcm16'],
  ['aes_gcm256', 'aes256gcm16'],
  ['chacha20_poly1305', 'chacha20poly1305'],
]);

const GROUPS = 'curve25519-ecp256-ecp384-ecp521-modp3072-modp4096-modp6144-modp8192-modp2048';
const HASHES = 'sha256-sha384-sha512-sha1';

/** What of strongSwan's own choice we have as well (https://docs.strongswan.org/docs/latest/config/proposals.html). */
function defaultsOf(protocol: SecurityProtocol, version: 1 | 2): readonly string[] {
  const groups = version === 1 ? GROUPS.replace('curve25519-', '') : GROUPS;
  switch (protocol) {
    case 'ike': {
      const cbc = `aes128-aes192-aes256-${HASHES}-${groups}`;
      const gcm = `aes128gcm16-aes192gcm16-aes256gcm16-prfsha256-prfsha384-prfsha512-prfsha1-${groups}`;
      return version === 1 ? [cbc] : [cbc, gcm];
    }
    case 'esp':
      return ['aes128gcm16-aes192gcm16-aes256gcm16', `aes128-aes192-aes256-${HASHES}`];
    case 'ah':
      return [HASHES];
  }
}

/** Whether a group stands in a proposal, which is what turns PFS on. */
export function namesGroup(written: Written): boolean {
  return listItems(written).some(({ text }) =>
    text
      .replace(/!$/, '')
      .split(/[-;+]/)
      .some((word) => GROUP_WORDS.has(word.toLowerCase())),
  );
}

const GROUP_WORDS: ReadonlySet<string> = new Set(
  KEY_EXCHANGE.flatMap(({ group, keyword }) => [keyword, `dh${group}`]).concat('x25519'),
);
