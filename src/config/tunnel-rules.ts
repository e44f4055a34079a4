import { addressFamily } from '../base/net.ts';
import type { Duration } from '../base/time.ts';
import { HOUR } from '../base/time.ts';
import { writtenAddresses } from '../ike/common/peer-places.ts';
import { checkAttributes } from './attribute-rules.ts';
import { formatDuration } from './duration.ts';
import { checkManyPeers } from './many-peers.ts';
import type { RuleSubject } from './rule-subject.ts';
import { checkSegments } from './segment-rules.ts';
import { checkTransport } from './transport-rules.ts';

/** The rules that one tunnel can break by itself. */
export function checkTunnel(subject: RuleSubject): void {
  for (const rule of RULES) rule(subject);
  checkSegments(subject.raw, subject.gateway, subject.report);
}

export const DEFAULT_DPD_DELAY: Duration = 8_000;

const RULES: readonly ((subject: RuleSubject) => void)[] = [
  checkAddresses,
  checkAnyPeer,
  checkManyPeers,
  checkMode,
  checkPpk,
  checkMobike,
  checkLifetimes,
  checkRekeying,
  checkUsage,
  checkRetry,
  checkDpd,
  checkAh,
  checkTransport,
  checkAttributes,
];

function checkAddresses({ gateway, peer, report }: RuleSubject): void {
  for (const address of writtenAddresses(peer)) {
    const [ours, theirs] = [addressFamily(gateway.address), addressFamily(address)];
    if (ours !== theirs)
      report.error(
        ['peer'],
        `peer ${peer.name} has an IPv${theirs} address, gateway ${gateway.name} an IPv${ours} one`,
      );
    if (address === gateway.address || gateway.alternatives.includes(address))
      report.error(['peer'], `peer ${peer.name} has the address of gateway ${gateway.name} itself (${address})`);
  }
}

/** Nobody knows where to call a peer of any address, and only its identity tells it from another. */
function checkAnyPeer({ raw, peer, report }: RuleSubject): void {
  if (peer.address.kind !== 'any') return;
  if (raw.start !== undefined && raw.start !== 'respond')
    report.error(['start'], `a peer of 0.0.0.0 must call first; write respond instead of ${raw.start}`);
  if (raw.remote.id === undefined)
    report.error(['remote', 'id'], 'is required for a peer of 0.0.0.0; any means whoever has the key');
  const action = raw.dpd?.action;
  if (action !== undefined && action !== 'clear')
    report.warning(['dpd', 'action'], `${action} means clear for a peer of 0.0.0.0, which must call first`);
  if (raw.closeAction !== undefined && raw.closeAction !== 'clear')
    report.warning(['closeAction'], `${raw.closeAction} means clear for a peer of 0.0.0.0, which must call first`);
}

function checkMode({ raw, report }: RuleSubject): void {
  if (raw.ike?.mode !== undefined && raw.ike.version !== 1)
    report.errorAtKey(['ike', 'mode'], 'is of IKEv1 only; remove it, or set ike.version to 1');
  if (raw.ike?.unique === 'keep' && raw.ike.version === 1)
    report.errorAtKey(['ike', 'unique'], 'keep is of IKEv2 only; remove it, or set ike.version to 2');
  if (raw.ike?.childless !== undefined && raw.ike.version === 1)
    report.errorAtKey(['ike', 'childless'], 'is of IKEv2 only; remove it, or set ike.version to 2');
  if (raw.ike?.reauthenticate !== undefined && raw.ike.version === 1)
    report.errorAtKey(['ike', 'reauthenticate'], 'is of IKEv2 only: IKEv1 always authenticates anew; remove it');
}

function checkPpk({ raw, report }: RuleSubject): void {
  if (raw.ppk !== undefined && raw.ike?.version === 1)
    report.errorAtKey(['ppk'], 'is of IKEv2 only (RFC 8784); remove it, or set ike.version to 2');
}

/** RFC 4555 extends IKEv2 alone. */
function checkMobike({ raw, report }: RuleSubject): void {
  if (raw.ike?.mobike === true && raw.ike.version === 1)
    report.errorAtKey(['ike', 'mobike'], 'is of IKEv2 only; remove it, or set ike.version to 2');
}

const MIN_LIFETIME = HOUR;
const MAX_LIFETIME = 24 * HOUR;

function checkLifetimes({ raw, report, limitLifetimes }: RuleSubject): void {
  if (!limitLifetimes) return;
  for (const section of ['ike', 'ipsec'] as const) {
    const lifetime = raw[section]?.lifetime;
    if (lifetime !== undefined && (lifetime < MIN_LIFETIME || lifetime > MAX_LIFETIME))
      report.error(
        [section, 'lifetime'],
        `${formatDuration(lifetime)} is not within 3600s and 86400s; limits: {lifetime: off} at the top lifts this`,
      );
  }
}

/** What is to be replaced must still be there, and what is taken off a time must leave some of it. */
function checkRekeying({ raw, report }: RuleSubject): void {
  for (const section of ['ike', 'ipsec'] as const) {
    const { rekey, rekeySpread, lifetime } = raw[section] ?? {};
    if (rekey !== undefined && rekey >= (lifetime ?? MAX_LIFETIME))
      report.error([section, 'rekey'], `${formatDuration(rekey)} is not less than ${section}.lifetime`);
    if (rekeySpread !== undefined && rekeySpread >= (rekey ?? 0))
      report.error([section, 'rekeySpread'], `${formatDuration(rekeySpread)} is not less than ${section}.rekey`);
  }
}

function checkUsage({ raw, report }: RuleSubject): void {
  for (const unit of ['Bytes', 'Packets'] as const) {
    const [soft, hard] = [raw.ipsec?.[`rekey${unit}`], raw.ipsec?.[`lifetime${unit}`]];
    if (soft !== undefined && (hard === undefined || soft >= hard))
      report.error(['ipsec', `rekey${unit}`], `is not less than ipsec.lifetime${unit}`);
    const spread = raw.ipsec?.[`rekey${unit}Spread`];
    if (spread !== undefined && spread >= (soft ?? 0))
      report.error(['ipsec', `rekey${unit}Spread`], `is not less than ipsec.rekey${unit}`);
  }
}

/** A tunnel that waits for traffic has its own number of attempts, and others are never called by us. */
function checkRetry({ raw, peer, report }: RuleSubject): void {
  const start = raw.start ?? (peer.address.kind === 'any' ? 'respond' : 'initiate');
  if (raw.retry?.giveUp !== undefined && start !== 'initiate' && raw.closeAction !== 'restart')
    report.error(['retry', 'giveUp'], `is for a tunnel that should be up, and start is ${start}; remove it`);
}

function checkDpd({ raw, report }: RuleSubject): void {
  const delay = raw.dpd?.delay ?? DEFAULT_DPD_DELAY;
  const timeout = raw.dpd?.timeout;
  if (timeout !== undefined && timeout < delay)
    report.error(['dpd', 'timeout'], `${formatDuration(timeout)} is less than dpd.delay (${formatDuration(delay)})`);
}

/** AH authenticates the outer addresses, RFC 4302 §3.3.3, which a NAT changes; RFC 3948 puts nothing but ESP in UDP. */
function checkAh({ raw, gateway, report }: RuleSubject): void {
  if (raw.ipsec?.protocol === 'ah' && raw.ipsec.encapsulation === 'udp')
    report.error(['ipsec', 'encapsulation'], 'AH does not go in UDP; remove this, or set ipsec.protocol to esp');
  const translated = gateway.publicAddress !== undefined && gateway.publicAddress !== gateway.address;
  if (raw.ipsec?.protocol === 'ah' && translated)
    report.error(
      ['ipsec', 'protocol'],
      `AH cannot pass the NAT of gateway ${gateway.name}, whose publicAddress is not its address; use esp`,
    );
}
