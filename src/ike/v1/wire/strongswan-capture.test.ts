import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import { decodeHeader, EXCHANGE_V1, FLAG_V1, HEADER_BYTES, type IkeHeader } from '../../wire/header.ts';
import { STRONGSWAN_EXCHANGES, type StrongswanExchange } from '../testing/strongswan-exchange.ts';
import { attributeInteger, IPSEC_ATTRIBUTE } from './attribute.ts';
import { clientIdFromSelector, selectorFromClientId } from './client-id.ts';
import { readDpdNotify } from './dpd.ts';
import { decodeMessage, encodeMessage, hashedPart } from './message.ts';
import { notifyName } from './notify.ts';
import { encodePayloads, PAYLOAD_TYPE, type PayloadV1 } from './payload.ts';
import { addFragment, type Reassembly } from './reassembly.ts';
import { saPayload } from './sa.ts';
import { vendorIdName } from './vendor-id.ts';

type Message = {
  readonly header: IkeHeader;
  readonly bytes: Uint8Array;
  /** Payloads as bytes, in the clear. */
  readonly chain: Uint8Array;
  readonly payloads: readonly PayloadV1[];
};

const BLOCK_BYTES = 16;

describe.each(STRONGSWAN_EXCHANGES)('an IKEv1 exchange of strongSwan: $name', (exchange) => {
  const messages = wholeMessages(exchange);

  it('every message is read, and written again byte for byte', () => {
    for (const { header, bytes, chain, payloads } of messages) {
      const written = encodePayloads(payloads);
      expect(written.firstType).toBe(header.nextPayload);
      // strongSwan adds a whole block of zeros where the payloads fill the last one.
      const padding = new Uint8Array(chain.length - written.bytes.length);
      expect(padding.length).toBeLessThanOrEqual((header.flags & FLAG_V1.ENCRYPTION) !== 0 ? BLOCK_BYTES : 0);
      expect(concatBytes(written.bytes, padding)).toEqual(chain);
      const body = { firstType: written.firstType, bytes: bytes.subarray(HEADER_BYTES) };
      expect(encodeMessage(header, body)).toEqual(bytes);
    }
  });

  it('offers and choices are written again byte for byte from what was read of them', () => {
    const offers = all(messages, 'SA');
    expect(offers.length).toBeGreaterThanOrEqual(4);
    for (const { body, proposals } of offers) expect(saPayload(proposals).body).toEqual(body);
  });

  it('nothing in it is unknown', () => {
    expect(all(messages, 'unknown')).toEqual([]);
  });

  it('HASH(1) of Quick Mode and of informational exchanges covers what `hashedPart` yields (RFC 2409 §5.5, §5.7)', () => {
    const first = new Set<number>();
    const covered = messages.filter(({ header }) => {
      const opening = !first.has(header.messageId);
      first.add(header.messageId);
      return opening && header.messageId !== 0;
    });
    expect(covered.length).toBeGreaterThanOrEqual(3);
    for (const { header, chain, bytes, payloads } of covered) {
      const [hash] = payloads;
      const part = hashedPart(header, chain)?.covered;
      invariant(hash?.type === 'HASH' && part !== undefined, 'the first payload is HASH');
      const mac = createHmac(exchange.suite.prf === 'prfsha1' ? 'sha1' : 'sha256', exchange.keys.skeyidA);
      expect(hash.data).toEqual(new Uint8Array(mac.update(concatBytes(bytes.subarray(20, 24), part)).digest()));
    }
  });

  it('the subnets of Quick Mode are understood', () => {
    const [quick] = messages.filter(({ header }) => header.exchangeType === EXCHANGE_V1.QUICK_MODE);
    const ids = all(quick === undefined ? [] : [quick], 'ID');
    const any = { protocol: 0, startPort: 0, endPort: 65_535 };
    const selectors = [
      { ...any, start: '10.1.0.0', end: '10.1.0.255' },
      { ...any, start: '10.2.0.0', end: '10.2.0.255' },
    ];
    expect(ids.map(selectorFromClientId)).toEqual(selectors.map((selector) => ({ kind: 'selector', selector })));
    expect(selectors.map((selector) => clientIdFromSelector(selector))).toEqual(ids);
  });

  it('it ends with the deletion of the ESP SA and of the IKE SA', () => {
    const { initiatorSpi, responderSpi } = messages.at(-1)?.header ?? {};
    expect(all(messages, 'D')).toMatchObject([
      { protocol: 3, spis: [{ length: 4 }] },
      { protocol: 1, spis: [Uint8Array.from(Buffer.from(`${initiatorSpi}${responderSpi}`, 'hex'))] },
    ]);
  });
});

describe('single payloads of strongSwan', () => {
  const [main, aggressive] = STRONGSWAN_EXCHANGES.map(wholeMessages);
  invariant(main !== undefined && aggressive !== undefined, 'both files are there');

  it('its vendor IDs are known', () => {
    const names = all(main.slice(0, 1), 'V').map(({ data }) => vendorIdName(data));
    expect(names).toEqual(['xauth', 'dpd', 'fragmentation', 'nat-t-rfc3947', 'nat-t-draft-02-newline']);
  });

  it('lifetimes in seconds and kilobytes are read', () => {
    const [, , quick] = all(main, 'SA');
    const attributes = quick?.proposals[0]?.transforms[0]?.attributes ?? [];
    const durations = attributes.filter(({ type }) => type === IPSEC_ATTRIBUTE.LIFE_DURATION);
    expect(durations.map(attributeInteger)).toEqual([3960, 1_000_000]);
  });

  it('a protocol and a port are read', () => {
    const narrowed = all(main, 'ID').filter(({ port }) => port !== 0);
    expect(narrowed.map(selectorFromClientId)).toMatchObject([
      { selector: { protocol: 6, startPort: 80, endPort: 80, start: '10.1.0.1', end: '10.1.0.1' } },
    ]);
  });

  it('the refusal of a Quick Mode is read', () => {
    expect(all(main, 'N').map(({ notify }) => notifyName(notify))).toContain('NO-PROPOSAL-CHOSEN');
  });

  it('every R-U-THERE is answered with its sequence and the SPIs of the message', () => {
    const header = main.at(-1)?.header;
    const dpd = all(main, 'N').flatMap((payload) => readDpdNotify(payload) ?? []);
    expect(dpd.map(({ kind }) => kind)).toEqual([...Array(3)].flatMap(() => ['R-U-THERE', 'R-U-THERE-ACK']));
    for (const [index, { sequence, initiatorSpi, responderSpi }] of dpd.entries()) {
      expect(sequence).toBe((dpd[0]?.sequence ?? 0) + Math.floor(index / 2));
      expect({ initiatorSpi, responderSpi }).toEqual({
        initiatorSpi: header?.initiatorSpi,
        responderSpi: header?.responderSpi,
      });
    }
  });

  it('Aggressive Mode brings identities of both kinds of names', () => {
    const text = all(aggressive.slice(0, 2), 'ID').map(({ idType, data }) => [idType, Buffer.from(data).toString()]);
    expect(text).toEqual([
      [2, 'moon.example.org'],
      [3, 'sun@example.org'],
    ]);
  });
});

/** The messages of an exchange, put together where they came in fragments. */
function wholeMessages(exchange: StrongswanExchange): Message[] {
  const states = new Map<string, Reassembly>();
  return exchange.messages.flatMap(({ from, bytes, chain }) => {
    const outer = decodeHeader(bytes);
    const body = bytes.subarray(HEADER_BYTES);
    if (outer.nextPayload !== PAYLOAD_TYPE.FRAG) return [readMessage(outer, bytes, chain ?? body)];
    const [fragment] = decodeMessage(outer, body);
    invariant(fragment?.type === 'FRAG', 'the header says so');
    const result = addFragment(states.get(from), outer, fragment);
    states.delete(from);
    if (result.kind === 'incomplete') states.set(from, result.state);
    if (result.kind !== 'complete') return [];
    return [readMessage(result.header, result.message, chain ?? result.message.subarray(HEADER_BYTES))];
  });
}

function readMessage(header: IkeHeader, bytes: Uint8Array, chain: Uint8Array): Message {
  return { header, bytes, chain, payloads: decodeMessage(header, chain) };
}

function all<Type extends PayloadV1['type']>(messages: readonly Message[], type: Type) {
  return messages
    .flatMap(({ payloads }) => payloads)
    .filter((payload): payload is Extract<PayloadV1, { type: Type }> => payload.type === type);
}
