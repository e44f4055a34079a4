import type { EncryptionKeyword, IntegrityKeyword, KeyExchangeKeyword } from '../crypto/algorithms.ts';
import { encryptionAlgorithm, isKem } from '../crypto/algorithms.ts';
import { slotWords } from '../sa/additional-key-exchange.ts';
import type { ChildProtocol, Proposal, ProposalError, SecurityProtocol } from '../sa/proposal.ts';
import { isAead, parseProposal, prfOf } from '../sa/proposal.ts';
import type { Report } from './report.ts';
import { shorten } from './scalars.ts';
import type { RawTunnel } from './schema.ts';
import type { ValuePath } from './source.ts';

export type Profile = 'platform' | 'modern';

/**
 * The proposals of stage 1: the list where there is one, else the one made of the single values and the defaults.
 * What is wrong is reported, and left out of the result.
 */
export function ikeProposals(raw: RawTunnel, profile: Profile, report: Report): Proposal[] {
  const ike = raw.ike ?? {};
  const version = ike.version ?? 2;
  if (ike.proposals === undefined) {
    const proposal = singleIke(ike, profile, version);
    if (version === 1) refuseWithoutIkev1(proposal, ['ike', 'encryption'], report);
    return [proposal];
  }
  refuseSingles('ike', ['encryption', 'authentication', 'dhGroup'], report);
  const proposals = listed('ike', ike.proposals, version, report);
  if (version === 1 && ike.mode === 'aggressive') warnOfFirstGroup(proposals, report);
  return proposals;
}

/** The proposals of stage 2, in the same way. */
export function childProposals(raw: RawTunnel, profile: Profile, report: Report): Proposal[] {
  const ipsec = raw.ipsec ?? {};
  const protocol = ipsec.protocol ?? 'esp';
  const version = raw.ike?.version ?? 2;
  if (ipsec.proposals === undefined) {
    const proposal = singleChild(ipsec, protocol, profile, report);
    if (version === 1) refuseWithoutIkev1(proposal, ['ipsec', 'encryption'], report);
    return [proposal];
  }
  refuseSingles('ipsec', ['encryption', 'authentication', 'pfs'], report);
  return listed(protocol, ipsec.proposals, version, report);
}

type Defaults = {
  readonly encryption: EncryptionKeyword;
  readonly authentication: IntegrityKeyword;
  readonly keyExchange: KeyExchangeKeyword;
};

const DEFAULTS: Readonly<Record<Profile, Defaults>> = {
  platform: { encryption: 'aes128', authentication: 'sha1', keyExchange: 'modp1024' },
  modern: { encryption: 'aes256gcm16', authentication: 'sha256', keyExchange: 'curve25519' },
};

function singleIke(ike: NonNullable<RawTunnel['ike']>, profile: Profile, version: 1 | 2): Proposal {
  const defaults = DEFAULTS[profile];
  // IKEv1 has no combined-mode ciphers for its own messages: the same key length in CBC stands in.
  const usual = version === 1 && isAead(defaults.encryption) ? 'aes256' : defaults.encryption;
  const encryption = ike.encryption ?? usual;
  const authentication = ike.authentication ?? defaults.authentication;
  return {
    protocol: 'ike',
    encryption: [encryption],
    integrity: isAead(encryption) ? [] : [authentication],
    prf: [prfOf(authentication)],
    keyExchange: [ike.dhGroup ?? defaults.keyExchange],
    esn: [],
  };
}

function singleChild(
  ipsec: NonNullable<RawTunnel['ipsec']>,
  protocol: ChildProtocol,
  profile: Profile,
  report: Report,
): Proposal {
  const defaults = DEFAULTS[profile];
  const encryption = protocol === 'ah' ? undefined : (ipsec.encryption ?? defaults.encryption);
  const aead = encryption !== undefined && isAead(encryption);
  const pfs = ipsec.pfs ?? defaults.keyExchange;
  if (protocol === 'ah' && ipsec.encryption !== undefined)
    report.error(['ipsec', 'encryption'], 'AH does not encrypt; remove this, or set ipsec.protocol to esp');
  if (aead && ipsec.authentication !== undefined)
    report.error(['ipsec', 'authentication'], `${encryption} authenticates by itself; remove this`);
  return {
    protocol,
    encryption: encryption === undefined ? [] : [encryption],
    integrity: aead ? [] : [ipsec.authentication ?? defaults.authentication],
    prf: [],
    keyExchange: pfs === 'none' ? [] : [pfs],
    esn: [false],
  };
}

function listed(protocol: SecurityProtocol, texts: readonly string[], version: 1 | 2, report: Report): Proposal[] {
  return texts.flatMap((text, index) => {
    const path = [protocol === 'ike' ? 'ike' : 'ipsec', 'proposals', index];
    const parsed = parseProposal(text, protocol);
    if ('error' in parsed) {
      report.error(path, `"${shorten(text)}" ${errorText(parsed)}`);
      return [];
    }
    if (version === 1) refuseWithoutIkev1(parsed, path, report);
    return [parsed];
  });
}

function errorText({ error, word = '', nearest }: ProposalError): string {
  const named = word === '' ? '' : ` ("${shorten(word)}")`;
  return `${error}${named}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

function refuseSingles(section: 'ike' | 'ipsec', keys: readonly string[], report: Report): void {
  for (const key of keys) {
    if (report.has([section, key]))
      report.errorAtKey([section, key], `${section}.proposals stands in its place; remove one of them`);
  }
}

/** RFC 2409 §5.4: the first message holds the public value already, so that all of it is of one group. */
function warnOfFirstGroup(proposals: readonly Proposal[], report: Report): void {
  const [first, ...others] = new Set(proposals.flatMap(({ keyExchange }) => keyExchange));
  if (others.length === 0) return;
  const text = `in aggressive mode only what goes with the first group (${first}) is offered; the others are only accepted`;
  report.warning(['ike', 'proposals'], text);
}

/**
 * Combined-mode ciphers have no number in IKEv1's stage 1, and ChaCha20 has none in its stage 2 either. KEMs and
 * additional key exchanges have none at all.
 */
function refuseWithoutIkev1(proposal: Proposal, path: ValuePath, report: Report): void {
  const number = proposal.protocol === 'ike' ? 'ikev1Phase1' : 'ikev1Esp';
  const lacking = proposal.encryption.find((keyword) => encryptionAlgorithm(keyword)[number] === undefined);
  if (lacking !== undefined)
    report.error(path, `${lacking} is not defined for IKEv1; use aes256, or set ike.version to 2`);
  const [word] = [...slotWords(proposal.additional), ...proposal.keyExchange.filter(isKem)];
  if (word !== undefined) report.error(path, `${word} is not defined for IKEv1; remove it, or set ike.version to 2`);
}
