import { describe, expect, it } from 'vitest';
import { invariant } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import { natDetectionHash } from '../common/nat-detection.ts';
import { pskAuth } from './auth.ts';
import { openMessage, sealChain } from './encrypted-payload.ts';
import { addFragment, type Reassembly } from './fragmentation.ts';
import { identityFromPayload } from './identities.ts';
import { deriveChildKeys, deriveIkeKeys, messageKeys, prfOf } from './keymat.ts';
import { readOffers, suiteFromWire } from './proposals.ts';
import { STRONGSWAN_EXCHANGES, type StrongswanExchange } from './testing/strongswan-exchange.ts';
import { decodePlainMessage } from './wire/message.ts';
import { NOTIFY } from './wire/notify.ts';
import { decodePayloads, encodePayloads, type Payload } from './wire/payload.ts';

describe.each(STRONGSWAN_EXCHANGES)('an exchange of strongSwan: $name', (exchange) => {
  const [request, response] = exchange.messages.map(({ bytes }) => bytes);
  invariant(request !== undefined && response !== undefined, 'an exchange starts with IKE_SA_INIT');
  const init = { request: decodePlainMessage(request), response: decodePlainMessage(response) };
  const nonceI = only(init.request.payloads, 'Nonce').data;
  const nonceR = only(init.response.payloads, 'Nonce').data;
  const { initiatorSpi: spiI, responderSpi: spiR } = init.response.header;

  it('IKE_SA_INIT is read, and written again byte for byte', () => {
    for (const { header, payloads } of Object.values(init)) {
      const original = header.flags === 0x08 ? request : response;
      const { firstType, bytes } = encodePayloads(payloads);
      expect(firstType).toBe(header.nextPayload);
      expect(bytes).toEqual(original.subarray(28));
    }
  });

  it('the chosen suite is one of the offers', () => {
    const offers = readOffers(only(init.request.payloads, 'SA').proposals);
    const [choice] = only(init.response.payloads, 'SA').proposals;
    expect(choice && suiteFromWire(choice)).toEqual(exchange.suite);
    expect(offers.map(({ number }) => number)).toContain(choice?.number);
  });

  it('NAT detection hashes are those of the addresses in the laboratory (RFC 7296 §2.23)', () => {
    const sent = notifyData(init.response.payloads, NOTIFY.NAT_DETECTION_SOURCE_IP);
    expect(natDetectionHash('sha1', spiI, spiR, { address: '10.9.0.2', port: 500 })).toEqual(sent);
    const seen = notifyData(init.request.payloads, NOTIFY.NAT_DETECTION_DESTINATION_IP);
    expect(natDetectionHash('sha1', spiI, '0'.repeat(16), { address: '10.9.0.2', port: 500 })).toEqual(seen);
  });

  it('the keys of the IKE SA and of the first Child SA are the same', () => {
    const { suite, sharedSecret, keys, childSuite } = exchange;
    expect(deriveIkeKeys({ suite, sharedSecret, nonceI, nonceR, spiI, spiR })).toEqual(keys);
    const prf = prfOf(suite);
    expect(deriveChildKeys({ suite: childSuite, prf, skD: keys.skD, nonceI, nonceR })).toEqual(exchange.childKeys);
  });

  it('every protected message opens, and closes to the same bytes', () => {
    for (const { from, bytes } of exchange.messages.slice(2)) {
      const keys = messageKeys(exchange.keys, from);
      const opened = openMessage(bytes, exchange.suite, keys);
      invariant(opened !== undefined, 'it is authentic');
      const ivAt = opened.fragment === undefined ? 32 : 36;
      const iv = bytes.slice(ivAt, ivAt + (exchange.suite.integrity === undefined ? 8 : 16));
      const { suite } = exchange;
      const fragment = opened.fragment === undefined ? {} : { fragment: opened.fragment };
      const sealed = sealChain({
        header: opened.header,
        suite,
        keys,
        iv,
        innerType: opened.firstType,
        chain: opened.chain,
        ...fragment,
      });
      // The padding is the sender's choice; ours is that of strongSwan in length, though not always in content.
      expect(sealed).toHaveLength(bytes.length);
      expect(openMessage(sealed, suite, keys)).toEqual(opened);
      if (suite.integrity === undefined) expect(sealed).toEqual(bytes);
    }
  });

  it('both AUTH values are what RFC 7296 §2.15 makes of the pre-shared key', () => {
    const prf = prfOf(exchange.suite);
    const psk = new Secret(exchange.psk);
    const initiator = authenticated(exchange, 'initiator');
    const { skPi, skPr } = exchange.keys;
    const idi = only(initiator, 'IDi');
    const expectedI = pskAuth({ prf, psk, message: request, peerNonce: nonceR, skP: skPi, idBody: idi.body });
    expect(only(initiator, 'AUTH')).toEqual({ type: 'AUTH', method: 2, data: expectedI });
    expect(expectedI).toEqual(exchange.auth.initiator);
    expect(identityFromPayload(idi)).toEqual({ type: 'fqdn', name: 'moon.example.org' });

    const responder = authenticated(exchange, 'responder');
    const idr = only(responder, 'IDr');
    const expectedR = pskAuth({ prf, psk, message: response, peerNonce: nonceI, skP: skPr, idBody: idr.body });
    expect(only(responder, 'AUTH').data).toEqual(expectedR);
    expect(expectedR).toEqual(exchange.auth.responder);
    expect(identityFromPayload(idr)).toEqual({ type: 'ipv4', address: '10.9.0.2' });
  });

  it('the Child SA offer and its traffic selectors are understood', () => {
    const payloads = authenticated(exchange, 'initiator');
    const [offer] = readOffers(only(payloads, 'SA').proposals);
    expect(offer?.proposal).toMatchObject({ protocol: 'esp', encryption: [exchange.childSuite.encryption] });
    expect(only(payloads, 'TSi').selectors).toEqual([
      { protocol: 0, startPort: 0, endPort: 65535, start: '10.1.0.0', end: '10.1.0.255' },
      { protocol: 0, startPort: 0, endPort: 65535, start: '10.1.1.0', end: '10.1.1.255' },
    ]);
    expect(notifyData(payloads, NOTIFY.INITIAL_CONTACT)).toHaveLength(0);
  });

  it('the closing exchange deletes the IKE SA', () => {
    const last = exchange.messages.filter(({ bytes }) => bytes[18] === 37);
    const [ask, answer] = last.map(({ from, bytes }) =>
      openMessage(bytes, exchange.suite, messageKeys(exchange.keys, from)),
    );
    expect(ask && decodePayloads(ask.firstType, ask.chain)).toEqual([{ type: 'D', protocol: 1, spis: [] }]);
    expect(answer && decodePayloads(answer.firstType, answer.chain)).toEqual([]);
  });
});

/** The payloads of one side's IKE_AUTH message, put together where it came in fragments. */
function authenticated(exchange: StrongswanExchange, side: 'initiator' | 'responder'): Payload[] {
  let state: Reassembly | undefined;
  for (const { from, bytes } of exchange.messages) {
    if (from !== side || bytes[18] !== 35) continue;
    const opened = openMessage(bytes, exchange.suite, messageKeys(exchange.keys, side));
    invariant(opened !== undefined, 'it is authentic');
    const { fragment } = opened;
    if (fragment === undefined) return decodePayloads(opened.firstType, opened.chain);
    const result = addFragment(state, { ...opened, fragment });
    if (result.kind === 'complete') return decodePayloads(result.firstType, result.chain);
    invariant(result.kind === 'incomplete', 'no fragment stands twice');
    state = result.state;
  }
  throw new Error('no IKE_AUTH message');
}

function only<Type extends Payload['type']>(
  payloads: readonly Payload[],
  type: Type,
): Extract<Payload, { type: Type }> {
  const found = payloads.find((payload): payload is Extract<Payload, { type: Type }> => payload.type === type);
  invariant(found !== undefined, `there is a ${type} payload`);
  return found;
}

function notifyData(payloads: readonly Payload[], notify: number): Uint8Array | undefined {
  for (const payload of payloads) if (payload.type === 'N' && payload.notify === notify) return payload.data;
  return undefined;
}
