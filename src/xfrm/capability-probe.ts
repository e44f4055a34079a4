import { SECOND } from '../base/time.ts';
import type { EncryptionKeyword, IntegrityKeyword } from '../crypto/algorithms.ts';
import { ENCRYPTION, encryptionAlgorithm, INTEGRITY, integrityAlgorithm } from '../crypto/algorithms.ts';
import type { NetlinkClient } from '../netlink/netlink-client.ts';
import type { DataPlaneCapabilities, SaSpec } from '../sa/data-plane.ts';
import type { ChildProtocol } from '../sa/proposal.ts';
import { algorithmName } from './kernel-sad.ts';
import { encodeDeleteSa, encodeNewSa } from './sa-messages.ts';

type Suite = { readonly encryption?: EncryptionKeyword; readonly integrity?: IntegrityKeyword };
type Trial = { readonly suite: Suite; readonly refusal?: string };

/**
 * Adds an SA of every pair of algorithms to the loopback address and deletes it at once. Versions and module lists
 * tell less: an algorithm may be missing, forbidden (FIPS mode) or loaded only now.
 */
export function probeCapabilities(client: NetlinkClient): DataPlaneCapabilities {
  const esp = ESP_SUITES.map((suite) => tryOut(client, 'esp', suite));
  const ah = INTEGRITY.map(({ keyword }) => tryOut(client, 'ah', { integrity: keyword }));
  const espReason = unavailability('ESP', esp);
  const ahReason = unavailability('AH', ah);
  return {
    esp: { encryption: accepted(esp, 'encryption'), integrity: accepted(esp, 'integrity') },
    ah: { integrity: accepted(ah, 'integrity') },
    unavailable: {
      ...(espReason === undefined ? {} : { esp: espReason }),
      ...(ahReason === undefined ? {} : { ah: ahReason }),
    },
  };
}

function tryOut(client: NetlinkClient, protocol: ChildProtocol, suite: Suite): Trial {
  let refusal = '';
  for (const spi of PROBE_SPIS) {
    const sa = probeSa(protocol, suite, spi);
    const answer = client.request(encodeNewSa(sa));
    if (answer.ok) {
      client.request(encodeDeleteSa(sa));
      return { suite };
    }
    refusal = answer.detail === undefined ? answer.code : `${answer.code}, ${answer.detail}`;
    // Somebody else's SA has the SPI: it stays, and the next is tried.
    if (answer.code !== 'EEXIST') break;
  }
  return { suite, refusal };
}

function probeSa(protocol: ChildProtocol, { encryption, integrity }: Suite, spi: number): SaSpec {
  return {
    direction: 'out',
    protocol,
    source: LOOPBACK,
    destination: LOOPBACK,
    spi,
    reqid: 0,
    mode: 'tunnel',
    ...(encryption === undefined ? {} : { encryption, encryptionKey: probeKey(encryptionKeyBytes(encryption)) }),
    ...(integrity === undefined ? {} : { integrity, integrityKey: probeKey(integrityAlgorithm(integrity).keyBytes) }),
    esn: false,
    replayWindow: 0,
    // In case that we are killed between the addition and the deletion.
    hardLifetime: 5 * SECOND,
  };
}

/** Distinct bytes: a kernel in FIPS mode refuses 3DES keys of equal parts. */
function probeKey(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 37 + 11) & 0xff);
}

function encryptionKeyBytes(keyword: EncryptionKeyword): number {
  const { keyBits, saltBytes } = encryptionAlgorithm(keyword);
  return keyBits / 8 + saltBytes;
}

function accepted<Name extends 'encryption' | 'integrity'>(
  trials: readonly Trial[],
  name: Name,
): NonNullable<Suite[Name]>[] {
  const keywords = new Set<NonNullable<Suite[Name]>>();
  for (const { suite, refusal } of trials) {
    const keyword = suite[name];
    if (refusal === undefined && keyword !== undefined) keywords.add(keyword);
  }
  return [...keywords];
}

/** The common suite is the telling one: a rare algorithm may be missing besides. */
function unavailability(protocol: string, trials: readonly Trial[]): string | undefined {
  const told = trials.find(({ suite }) => COMMON.includes(algorithmName(suite))) ?? trials[0];
  if (told === undefined || trials.some(({ refusal }) => refusal === undefined)) return undefined;
  return `the kernel refuses every ${protocol} SA; for ${algorithmName(told.suite)}: ${told.refusal}`;
}

const COMMON = ['aes128-sha1', 'sha1'];

const ESP_SUITES: readonly Suite[] = ENCRYPTION.flatMap(({ keyword, ...row }): Suite[] =>
  'aeadIcvBytes' in row
    ? [{ encryption: keyword }]
    : INTEGRITY.map((integrity) => ({ encryption: keyword, integrity: integrity.keyword })),
);

const LOOPBACK = '127.0.0.1';
/** Outside the range of `encodeAllocateSpi`. */
const PROBE_SPIS = [0xd000_c901, 0xd000_c902, 0xd000_c903];
