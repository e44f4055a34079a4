import { describe, expect, it } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { connectionSection, policySection } from './configuration-sections.ts';
import { encodeMessage, type ViciSection } from './message.ts';
import { logEvent, newsEvent } from './news.ts';
import { encodePacket } from './packet.ts';
import { ikeSectionWithChildren } from './sa-sections.ts';
import { named } from './section.ts';
import { plain, recordedMessage, recordedNames, recordedPacket } from './testing/charon-recording.ts';
import { NOW, recordedChild, recordedConnection, recordedIke } from './testing/fake-vici.ts';
import type { ViciChildSa, ViciIkeSa } from './vici-api.ts';

/** Names of keys and sections in their order; numbers of SAs apart. */
function shape(section: ViciSection): unknown[] {
  return plain(section).map(function keys(entry): unknown {
    const [name, value] = entry as [string, unknown];
    const plainName = name.replace(/-\d+$/, '');
    return Array.isArray(value) ? [plainName, value.map(keys)] : plainName;
  });
}

const rekeyed: ViciIkeSa = recordedIke({ state: 'REKEYED', children: [] });
const successor: ViciIkeSa = recordedIke({ uniqueId: 7, children: [] });
const unused = { bytes: 0, packets: 0, lastUsedAt: undefined };
const fresh: ViciChildSa = recordedChild({ inbound: unused, outbound: unused });
const withGroup: ViciChildSa = { ...fresh, algorithms: { ...fresh.algorithms, keyExchange: 'MODP_2048' } };
/** charon names its tasks in these events; what is under way here is not shaped like them. */
const TASKS = /^tasks-/;

function withoutTasks(shapes: unknown[]): unknown[] {
  return shapes
    .filter((entry) => typeof entry !== 'string' || !TASKS.test(entry))
    .map((entry) => (Array.isArray(entry) ? [entry[0], withoutTasks(entry[1] as unknown[])] : entry));
}

describe('what charon has sent', () => {
  it.each(recordedNames())('is the same after it was decoded and encoded: %s', (name) => {
    const packet = recordedPacket(name);
    const again = encodePacket({ ...packet, message: encodeMessage(recordedMessage(name)) });
    expect(toHex(again)).toBe(toHex(encodePacket(packet)));
  });
});

describe('what we send is what charon sends', () => {
  it('of an IKE SA and its Child SA, value by value', () => {
    const ours = named('office', ikeSectionWithChildren(recordedIke(), NOW));
    expect(plain(ours)).toEqual(plain(recordedMessage('list-sa')));
  });

  it('of an IKE SA without Child SAs: the section is there, and last', () => {
    const ours = ikeSectionWithChildren(recordedIke({ children: [] }), NOW);
    expect([...ours.keys()].at(-1)).toBe('child-sas');
    expect(shape(named('office', ours))).toEqual(shape(recordedMessage('list-sa without children')));
  });

  it('of an IKE SA of the responder: without the flag', () => {
    const ours = ikeSectionWithChildren(recordedIke({ initiator: false, children: [fresh] }), NOW);
    expect(shape(named('office', ours))).toEqual(shape(recordedMessage('list-sa of the responder')));
  });

  it('of an IKE SA that is authenticated anew', () => {
    const anew = recordedIke({ version: 1, children: [], rekeyAt: undefined, reauthAt: NOW + 1_000 });
    expect(shape(named('old', ikeSectionWithChildren(anew, NOW)))).toEqual(shape(recordedMessage('list-sa of IKEv1')));
  });

  it('of connections, value by value', () => {
    const ours = named('office', connectionSection(recordedConnection()));
    expect(plain(ours)).toEqual(plain(recordedMessage('list-conn')));
    const [child] = recordedConnection().children;
    const old = recordedConnection({
      version: 1,
      localId: undefined,
      remoteId: undefined,
      rekeyTime: 0,
      reauthTime: 10_800,
      unique: 'UNIQUE_REPLACE',
      dpd: { delay: 5, timeout: 21 },
      children: [{ ...child, name: 'old', localTs: ['10.1.9.0/24'], remoteTs: ['10.2.9.0/24[tcp/http]'] } as never],
    });
    expect(plain(named('old', connectionSection(old)))).toEqual(plain(recordedMessage('list-conn of IKEv1')));
  });

  it('of a connection with a post-quantum key, as to the keys', () => {
    const ours = recordedConnection({ dpd: { delay: 0, timeout: 0 }, ppk: { id: 'me', required: true }, children: [] });
    const keys = shape(recordedMessage('list-conn with a PPK')) as [string, unknown[]][];
    const [own] = shape(named('ppk', connectionSection(ours))) as [string, unknown[]][];
    expect(own?.[1].slice(0, -1)).toEqual(keys[0]?.[1].slice(0, -1));
  });

  it('of a policy, value by value', () => {
    const lan = {
      connection: 'shunts',
      child: 'lan',
      kind: 'pass',
      mode: 'PASS',
      localTs: ['10.1.0.0/24'],
      remoteTs: ['10.1.0.0/24'],
    } as const;
    expect(plain(named('shunts/lan', policySection(lan)))).toEqual(plain(recordedMessage('list-policy')));
  });

  it.each([
    ['ike-updown up', newsEvent({ kind: 'ike-updown', up: true, ike: successor }, NOW)],
    ['ike-updown down', newsEvent({ kind: 'ike-updown', up: false, ike: { ...successor, state: 'DELETING' } }, NOW)],
    ['child-updown up', newsEvent({ kind: 'child-updown', up: true, ike: successor, child: fresh }, NOW)],
    [
      'child-updown down',
      newsEvent({ kind: 'child-updown', up: false, ike: { ...successor, state: 'DELETING' }, child: withGroup }, NOW),
    ],
    ['ike-rekey', newsEvent({ kind: 'ike-rekey', old: rekeyed, successor }, NOW)],
    ['child-rekey', newsEvent({ kind: 'child-rekey', ike: successor, old: fresh, successor: withGroup }, NOW)],
  ])('of events, as to the keys: %s', (name, ours) => {
    expect(withoutTasks(shape(ours))).toEqual(withoutTasks(shape(recordedMessage(name))));
  });

  it('of a changed address', () => {
    const endpoint = { address: '10.9.0.2', port: 4500 };
    const ours = newsEvent({ kind: 'ike-update', ike: successor, local: endpoint, remote: endpoint }, NOW);
    const theirs = shape(recordedMessage('ike-update')) as string[];
    expect(shape(ours).slice(0, 4)).toEqual(theirs.slice(0, 4));
  });

  it('of lines of the log', () => {
    const ike = { name: 'office', uniqueId: 5 };
    const line = { kind: 'log', group: 'IKE', level: 0, text: 'x', tunnel: undefined } as const;
    expect(shape(newsEvent({ ...line, ike }, NOW))).toEqual(shape(recordedMessage('log')));
    expect(shape(newsEvent({ ...line, ike: undefined }, NOW))).toEqual(shape(recordedMessage('log of no IKE SA')));
    expect(shape(logEvent({ ...line, ike }))).toEqual(shape(recordedMessage('control-log')));
  });
});
