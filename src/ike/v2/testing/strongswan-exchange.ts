import { readFileSync } from 'node:fs';
import { fromHex } from '../../../base/bytes.ts';
import type { CipherSuite } from '../../../sa/proposal.ts';
import type { ChildKeys, DirectionKeys, IkeKeys } from '../keymat.ts';

/** A recorded exchange of conformance/vectors/strongswan-ikev2. */
export type StrongswanExchange = {
  readonly name: string;
  readonly suite: CipherSuite;
  readonly childSuite: CipherSuite;
  readonly psk: Uint8Array;
  readonly sharedSecret: Uint8Array;
  readonly keys: IkeKeys;
  readonly childKeys: ChildKeys;
  readonly auth: { readonly initiator: Uint8Array; readonly responder: Uint8Array };
  readonly messages: readonly { readonly from: 'initiator' | 'responder'; readonly bytes: Uint8Array }[];
};

const NAMES = [
  'aes128-sha1-modp1024',
  'aes256gcm16-prfsha384-ecp256-fragmented',
  'chacha20poly1305-prfsha256-curve25519',
];

export const STRONGSWAN_EXCHANGES: readonly StrongswanExchange[] = NAMES.map(load);

/** The JSON files, with every byte string in hexadecimal. */
type Recorded = {
  readonly suite: CipherSuite;
  readonly childSuite: CipherSuite;
  readonly psk: string;
  readonly sharedSecret: string;
  readonly keys: { readonly [Name in keyof IkeKeys]: string };
  readonly childKeys: { readonly [Side in keyof ChildKeys]: { readonly [Name in keyof DirectionKeys]: string } };
  readonly auth: { readonly initiator: string; readonly responder: string };
  readonly messages: readonly { readonly from: 'initiator' | 'responder'; readonly hex: string }[];
};

function load(name: string): StrongswanExchange {
  const url = new URL(`../../../../conformance/vectors/strongswan-ikev2/${name}.json`, import.meta.url);
  const recorded = JSON.parse(readFileSync(url, 'utf8')) as Recorded;
  const { keys, childKeys } = recorded;
  const direction = (side: keyof ChildKeys) => ({
    encryptionKey: fromHex(childKeys[side].encryptionKey),
    integrityKey: fromHex(childKeys[side].integrityKey),
  });
  return {
    name,
    suite: recorded.suite,
    childSuite: recorded.childSuite,
    psk: fromHex(recorded.psk),
    sharedSecret: fromHex(recorded.sharedSecret),
    keys: {
      skD: fromHex(keys.skD),
      skAi: fromHex(keys.skAi),
      skAr: fromHex(keys.skAr),
      skEi: fromHex(keys.skEi),
      skEr: fromHex(keys.skEr),
      skPi: fromHex(keys.skPi),
      skPr: fromHex(keys.skPr),
    },
    childKeys: { initiator: direction('initiator'), responder: direction('responder') },
    auth: { initiator: fromHex(recorded.auth.initiator), responder: fromHex(recorded.auth.responder) },
    messages: recorded.messages.map(({ from, hex }) => ({ from, bytes: fromHex(hex) })),
  };
}
