import { readFileSync } from 'node:fs';
import { fromHex } from '../../../base/bytes.ts';
import type { CipherSuite } from '../../../sa/proposal.ts';

/** A recorded exchange of conformance/vectors/strongswan-ikev1. */
export type StrongswanExchange = {
  readonly name: string;
  readonly suite: CipherSuite;
  readonly childSuite: CipherSuite;
  readonly psk: Uint8Array;
  /** g^xy of phase 1. */
  readonly sharedSecret: Uint8Array;
  readonly keys: Record<PhaseOneKey, Uint8Array>;
  /** g(qm)^xy of the first Quick Mode. */
  readonly childSharedSecret: Uint8Array;
  /** By the sender of the ESP that they protect. */
  readonly childKeys: { readonly [Side in Role]: Record<ChildKey, Uint8Array> };
  readonly messages: readonly RecordedMessage[];
};

export type RecordedMessage = {
  readonly from: Role;
  /** UDP port that it went to. */
  readonly port: number;
  readonly bytes: Uint8Array;
  /** The payloads of an encrypted message in the clear, with their padding; stands with its last fragment. */
  readonly chain?: Uint8Array;
};

type Role = 'initiator' | 'responder';
type PhaseOneKey = 'skeyid' | 'skeyidD' | 'skeyidA' | 'skeyidE' | 'encryptionKey' | 'initialIv';
type ChildKey = 'encryptionKey' | 'integrityKey';

const NAMES = ['main-aes128-sha1-modp1024', 'aggressive-aes256-sha256-modp2048-fragmented'];

export const STRONGSWAN_EXCHANGES: readonly StrongswanExchange[] = NAMES.map(load);

/** The JSON files, with every byte string in hexadecimal. */
type Recorded = {
  readonly suite: CipherSuite;
  readonly childSuite: CipherSuite;
  readonly psk: string;
  readonly sharedSecret: string;
  readonly keys: Record<PhaseOneKey, string>;
  readonly childSharedSecret: string;
  readonly childKeys: { readonly [Side in Role]: Record<ChildKey, string> };
  readonly messages: readonly {
    readonly from: Role;
    readonly port: number;
    readonly hex: string;
    readonly chain?: string;
  }[];
};

function load(name: string): StrongswanExchange {
  const url = new URL(`../../../../conformance/vectors/strongswan-ikev1/${name}.json`, import.meta.url);
  const recorded = JSON.parse(readFileSync(url, 'utf8')) as Recorded;
  return {
    name,
    suite: recorded.suite,
    childSuite: recorded.childSuite,
    psk: fromHex(recorded.psk),
    sharedSecret: fromHex(recorded.sharedSecret),
    keys: fromHexFields(recorded.keys),
    childSharedSecret: fromHex(recorded.childSharedSecret),
    childKeys: {
      initiator: fromHexFields(recorded.childKeys.initiator),
      responder: fromHexFields(recorded.childKeys.responder),
    },
    messages: recorded.messages.map(({ from, port, hex, chain }) => ({
      from,
      port,
      bytes: fromHex(hex),
      ...(chain === undefined ? {} : { chain: fromHex(chain) }),
    })),
  };
}

function fromHexFields<Name extends string>(fields: Record<Name, string>): Record<Name, Uint8Array> {
  const entries = Object.entries<string>(fields).map(([name, hex]) => [name, fromHex(hex)]);
  return Object.fromEntries(entries) as Record<Name, Uint8Array>;
}
