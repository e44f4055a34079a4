import { describe, expect, it } from 'vitest';
import { invariant } from '../../base/errors.ts';
import { selectSuite } from '../../sa/suite-selection.ts';
import { decodeHeader, EXCHANGE_V1, FLAG_V1, HEADER_BYTES, type IkeHeader } from '../wire/header.ts';
import { hash1, hash2, hash3, initiatorHash, responderHash } from './hashes.ts';
import { decryptBody, encryptBody, type IvChain, type MessageCipher, startIvChain } from './iv-chain.ts';
import { deriveChildKeys, deriveIkeKeys, encryptionOf, hashOf, phase1Iv, prfOf, skeyidFromPsk } from './keymat.ts';
import { answerToWire } from './offers.ts';
import { readChildAnswer, readChildOffers, readIkeAnswer, readIkeOffers } from './proposals.ts';
import { STRONGSWAN_EXCHANGES, type StrongswanExchange } from './testing/strongswan-exchange.ts';
import { decodeMessage, hashedPart } from './wire/message.ts';
import { PAYLOAD_TYPE, type PayloadV1 } from './wire/payload.ts';
import { addFragment, type Reassembly } from './wire/reassembly.ts';
import type { WireProposal } from './wire/sa.ts';

describe.each(STRONGSWAN_EXCHANGES)('an IKEv1 exchange of strongSwan: $name', (exchange) => {
  const { suite, keys } = exchange;
  const prf = prfOf(suite);
  const { messages, phase1 } = readExchange(exchange);
  const quick = messages.filter(({ header }) => header.exchangeType === EXCHANGE_V1.QUICK_MODE);
  const [quick1, quick2, quick3] = quick;
  invariant(quick1 !== undefined && quick2 !== undefined && quick3 !== undefined, 'the recording has a Quick Mode');

  it('the keys of phase 1 and its first IV are those of strongSwan', () => {
    const { nonceI, nonceR, publicI, publicR, spiI, spiR } = phase1;
    const skeyid = skeyidFromPsk(prf, exchange.psk, nonceI, nonceR);
    const derived = deriveIkeKeys({ suite, skeyid, sharedSecret: exchange.sharedSecret, spiI, spiR });
    expect({ ...derived, initialIv: phase1Iv(suite, publicI, publicR) }).toEqual(keys);
  });

  it('HASH_I and HASH_R are those on the wire', () => {
    const { saBody, idI, idR, hashI, hashR, ...values } = phase1;
    expect(initiatorHash({ ...values, prf, skeyid: keys.skeyid, saBody, idBody: idI })).toEqual(hashI);
    expect(responderHash({ ...values, prf, skeyid: keys.skeyid, saBody, idBody: idR })).toEqual(hashR);
  });

  it('every message decrypts by the chain of IVs, and encrypts to the same bytes', () => {
    const encrypted = messages.filter(({ recorded }) => recorded !== undefined);
    expect(encrypted.length).toBeGreaterThan(5);
    for (const { plain, recorded, ciphertext, encryptedAgain } of encrypted) {
      expect(plain).toEqual(recorded);
      expect(encryptedAgain).toEqual(ciphertext);
    }
  });

  it('HASH(1), HASH(2), HASH(3) of Quick Mode are those on the wire', () => {
    const key = { prf, skeyidA: keys.skeyidA, messageId: quick1.header.messageId };
    const nonceI = one(quick1, 'Nonce').data;
    const nonceR = one(quick2, 'Nonce').data;
    expect(hash1(key, restOf(quick1))).toEqual(one(quick1, 'HASH').data);
    expect(hash2(key, nonceI, restOf(quick2))).toEqual(one(quick2, 'HASH').data);
    expect(hash3(key, nonceI, nonceR)).toEqual(one(quick3, 'HASH').data);
  });

  it('HASH(1) of every informational exchange is that on the wire', () => {
    const informational = messages.filter(({ header }) => header.exchangeType === EXCHANGE_V1.INFORMATIONAL);
    expect(informational.length).toBeGreaterThan(1);
    for (const message of informational)
      expect(hash1({ prf, skeyidA: keys.skeyidA, messageId: message.header.messageId }, restOf(message))).toEqual(
        one(message, 'HASH').data,
      );
  });

  it('the keys of the Child SA are those of strongSwan', () => {
    const derived = deriveChildKeys({
      suite: exchange.childSuite,
      prf,
      skeyidD: keys.skeyidD,
      nonceI: one(quick1, 'Nonce').data,
      nonceR: one(quick2, 'Nonce').data,
      spiI: onlyProposal(quick1).spi,
      spiR: onlyProposal(quick2).spi,
      sharedSecret: exchange.childSharedSecret,
    });
    expect(derived).toEqual(exchange.childKeys);
  });

  it('its offers and choices are read, and the choice of phase 1 is written as strongSwan does', () => {
    const [offered, chosen] = messages.filter(({ header }) => header.messageId === 0).map(saProposals);
    invariant(offered !== undefined && chosen !== undefined, 'the first two messages have SA payloads');
    const choice = selectSuite(
      readIkeOffers(chosen).map(({ proposal }) => proposal),
      readIkeOffers(offered).map(({ proposal }) => proposal),
      'ike',
    );
    expect(choice).toMatchObject({ suite });
    const [offer] = readIkeOffers(offered);
    invariant(offer !== undefined, 'there is an offer');
    expect([answerToWire(offer, new Uint8Array(0))]).toEqual(chosen);
    expect(readIkeAnswer(chosen)).toEqual(offer);
  });

  it('the offer and the choice of Quick Mode are read', () => {
    const [offer] = readChildOffers(saProposals(quick1));
    const answer = readChildAnswer(saProposals(quick2));
    invariant(offer !== undefined && answer !== undefined, 'both are understood');
    expect(selectSuite([answer.proposal], [offer.proposal], 'esp')).toMatchObject({ suite: exchange.childSuite });
    const nat = exchange.name.startsWith('aggressive');
    expect(offer.encapsulation).toEqual({ mode: 'tunnel', udp: nat ? 'standard' : 'none' });
    expect(answer.lifetimes).toEqual(offer.lifetimes);
    expect(offer.lifetimes).toMatchObject(nat ? {} : { lifetime: 3_960_000, kilobytes: 1_000_000 });
    expect(answerToWire(offer, answer.spi)).toEqual(onlyProposal(quick2));
  });
});

type Message = {
  readonly header: IkeHeader;
  /** Payloads as bytes, in the clear. */
  readonly plain: Uint8Array;
  readonly payloads: readonly PayloadV1[];
  readonly recorded?: Uint8Array;
  readonly ciphertext?: Uint8Array;
  readonly encryptedAgain?: Uint8Array;
};

/** Reads the messages as a receiver would that has the key: each by the IVs that the ones before it left. */
function readExchange(exchange: StrongswanExchange) {
  const { suite, keys } = exchange;
  const cipher: MessageCipher = {
    encryption: encryptionOf(suite),
    key: keys.encryptionKey,
    hash: hashOf(suite),
  };
  let chain: IvChain = startIvChain(keys.initialIv);
  const read = (header: IkeHeader, bytes: Uint8Array, recorded?: Uint8Array): Message => {
    const body = bytes.subarray(HEADER_BYTES);
    if ((header.flags & FLAG_V1.ENCRYPTION) === 0)
      return { header, plain: body, payloads: decodeMessage(header, body) };
    const opened = decryptBody(chain, cipher, header.messageId, body);
    invariant(opened !== undefined && recorded !== undefined, 'a whole number of blocks');
    const sealed = encryptBody(chain, cipher, header.messageId, opened.bytes);
    expect(sealed.next).toEqual(opened.next);
    chain = opened.next;
    const payloads = decodeMessage(header, opened.bytes);
    return { header, plain: opened.bytes, payloads, recorded, ciphertext: body, encryptedAgain: sealed.bytes };
  };
  const messages = wholeMessages(exchange).map(({ header, bytes, chain: recorded }) => read(header, bytes, recorded));
  return { messages, phase1: phase1Values(messages.filter(({ header }) => header.messageId === 0)) };
}

/** The messages, put together where they came in fragments. */
function wholeMessages(exchange: StrongswanExchange) {
  const states = new Map<string, Reassembly>();
  return exchange.messages.flatMap(({ from, bytes, chain }) => {
    const recorded = chain === undefined ? {} : { chain };
    const header = decodeHeader(bytes);
    if (header.nextPayload !== PAYLOAD_TYPE.FRAG) return [{ header, bytes, ...recorded }];
    const [fragment] = decodeMessage(header, bytes.subarray(HEADER_BYTES));
    invariant(fragment?.type === 'FRAG', 'the header says so');
    const result = addFragment(states.get(from), header, fragment);
    states.delete(from);
    if (result.kind === 'incomplete') states.set(from, result.state);
    return result.kind === 'complete' ? [{ header: result.header, bytes: result.message, ...recorded }] : [];
  });
}

/** What both sides said in phase 1: the initiator's payload of a kind is always the first. */
function phase1Values(messages: readonly Message[]) {
  const both = <Type extends PayloadV1['type']>(type: Type) => {
    const [first, second] = messages.flatMap((message) => all(message, type));
    invariant(first !== undefined && second !== undefined, `both sides send ${type}`);
    return { first, second };
  };
  // In Aggressive Mode the responder's HASH comes before the initiator's, in Main Mode after it.
  const hashes = both('HASH');
  const aggressive = messages[0]?.header.exchangeType === EXCHANGE_V1.AGGRESSIVE_MODE;
  const { initiatorSpi: spiI = '', responderSpi: spiR = '' } = messages[1]?.header ?? {};
  return {
    spiI,
    spiR,
    nonceI: both('Nonce').first.data,
    nonceR: both('Nonce').second.data,
    publicI: both('KE').first.data,
    publicR: both('KE').second.data,
    saBody: both('SA').first.body,
    idI: both('ID').first.body,
    idR: both('ID').second.body,
    hashI: (aggressive ? hashes.second : hashes.first).data,
    hashR: (aggressive ? hashes.first : hashes.second).data,
  };
}

function all<Type extends PayloadV1['type']>({ payloads }: Message, type: Type) {
  return payloads.filter((payload): payload is Extract<PayloadV1, { type: Type }> => payload.type === type);
}

function one<Type extends PayloadV1['type']>(message: Message, type: Type) {
  const [first] = all(message, type);
  invariant(first !== undefined, `the message has ${type}`);
  return first;
}

function saProposals(message: Message): readonly WireProposal[] {
  return all(message, 'SA').flatMap(({ proposals }) => proposals);
}

function onlyProposal(message: Message): WireProposal {
  const [proposal] = saProposals(message);
  invariant(proposal !== undefined, 'the message has a proposal');
  return proposal;
}

function restOf({ header, plain }: Message): Uint8Array {
  const rest = hashedPart(header, plain)?.covered;
  invariant(rest !== undefined, 'HASH is first');
  return rest;
}
