import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, utf8 } from '../../base/bytes.ts';
import { Secret } from '../../base/secret.ts';
import { announceToken, keepToken, showsToken, tokenPayloads } from './crash-token.ts';
import { type IkeSaV2, newIkeSa } from './state.ts';
import { type NotifyPayload, notifyPayload } from './wire/notify.ts';

const SPIS = { initiatorSpi: '0123456789abcdef', responderSpi: 'fedcba9876543210' };
const SECRET = utf8('a secret of thirty-two octets...');
const ctx = { crashSecret: new Secret(SECRET) };

const token = (data: Uint8Array) => notifyPayload('QUICK_CRASH_DETECTION', data);
const filled = (value: number, length = 32) => new Uint8Array(length).fill(value);

function ikeSa(): IkeSaV2 {
  const endpoint = { address: '192.0.2.1', port: 500 };
  const ends = { local: endpoint, remote: endpoint, startedAt: 0, handshake: undefined as never };
  return newIkeSa({ id: 1, tunnel: 'net', role: 'initiator', ...SPIS, ...ends });
}

describe('our own token', () => {
  it('is HMAC-SHA-256 of the secret over both SPIs, in a Notify of protocol IKE without an SPI', () => {
    const spis = fromHex(SPIS.initiatorSpi + SPIS.responderSpi);
    const expected = Uint8Array.from(createHmac('sha256', SECRET).update(spis).digest());
    expect(tokenPayloads(ctx, SPIS)).toEqual([
      { type: 'N', protocol: 1, spi: new Uint8Array(0), notify: 16_419, data: expected },
    ]);
  });

  it('is another one for other SPIs, and for the same two in the other order', () => {
    const data = (spis: typeof SPIS) => tokenPayloads(ctx, spis)[0]?.data;
    const own = data(SPIS);
    expect(data({ ...SPIS, initiatorSpi: '0123456789abcdee' })).not.toEqual(own);
    expect(data({ ...SPIS, responderSpi: 'fedcba9876543211' })).not.toEqual(own);
    expect(data({ initiatorSpi: SPIS.responderSpi, responderSpi: SPIS.initiatorSpi })).not.toEqual(own);
  });

  it('is not there without a secret that survives', () => {
    const sa = ikeSa();
    expect(tokenPayloads({ crashSecret: undefined }, SPIS)).toEqual([]);
    announceToken({ crashSecret: undefined }, sa);
    expect(sa.tasks).toEqual([]);
  });
});

describe('the token of the peer', () => {
  it('is recognized among up to four (RFC 6290 §4.5)', () => {
    const sa = ikeSa();
    keepToken(sa, [token(filled(7))]);
    const others = (count: number) => Array.from({ length: count }, (_, n) => token(filled(100 + n)));
    expect(showsToken(sa, [...others(3), token(filled(7))])).toBe(true);
    expect(showsToken(sa, [...others(4), token(filled(7))])).toBe(false);
    expect(showsToken(sa, others(4))).toBe(false);
    expect(showsToken(sa, [])).toBe(false);
  });

  it('no token proves anything where the peer has given none', () => {
    expect(showsToken(ikeSa(), [token(filled(0))])).toBe(false);
    expect(showsToken(ikeSa(), [token(new Uint8Array(0))])).toBe(false);
  });

  it('a later one takes its place; a message without one does not (RFC 6290 §4.4)', () => {
    const sa = ikeSa();
    keepToken(sa, [token(filled(7))]);
    keepToken(sa, [token(filled(8))]);
    keepToken(sa, [notifyPayload('INITIAL_CONTACT')]);
    expect(showsToken(sa, [token(filled(7))])).toBe(false);
    expect(showsToken(sa, [token(filled(8))])).toBe(true);
  });

  const LENGTHS: readonly (readonly [number, boolean])[] = [
    [0, false],
    [15, false],
    [16, true],
    [128, true],
    [129, false],
  ];

  it.each(LENGTHS)('of %i octets is kept: %s (RFC 6290 §5)', (length, kept) => {
    const sa = ikeSa();
    keepToken(sa, [token(filled(7, length))]);
    expect(sa.peerToken !== undefined).toBe(kept);
  });

  it('a part of it, or more than it, is not it', () => {
    const sa = ikeSa();
    keepToken(sa, [token(filled(7))]);
    const variants: NotifyPayload[] = [16, 31, 33, 64].map((length) => token(filled(7, length)));
    for (const variant of variants) expect(showsToken(sa, [variant])).toBe(false);
  });
});
