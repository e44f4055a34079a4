import { describe, expect, it } from 'vitest';
import { answerDifferences, lineForms, mirroredAnswer, parsePretty, rawKeys } from './vici-answers.ts';

const PRETTY = `list-sa event {
  gw-gw {
    uniqueid = 1
    local-host = 192.0.2.1
    remote-host = 192.0.2.2
    child-sas {
      net-net-7 {
        spi-in = c0ffee01
        spi-out = c0ffee02
        bytes-in = 84
        local-ts = [
          10.1.0.0/16
          10.3.0.0/16
        ]
        remote-ts = [
          10.2.0.0/16
        ]
      }
    }
  }
}
`;

describe('what swanctl prints', () => {
  const [answer = new Map()] = parsePretty(PRETTY);

  it('with --pretty is read as values by path, without the numbers of Child SAs', () => {
    expect(Object.fromEntries(answer)).toEqual({
      'list-sa gw-gw uniqueid': '1',
      'list-sa gw-gw local-host': '192.0.2.1',
      'list-sa gw-gw remote-host': '192.0.2.2',
      'list-sa gw-gw child-sas net-net spi-in': 'c0ffee01',
      'list-sa gw-gw child-sas net-net spi-out': 'c0ffee02',
      'list-sa gw-gw child-sas net-net bytes-in': '84',
      'list-sa gw-gw child-sas net-net local-ts': '10.1.0.0/16 10.3.0.0/16',
      'list-sa gw-gw child-sas net-net remote-ts': '10.2.0.0/16',
    });
  });

  it('with --raw has the same keys', () => {
    const raw =
      'list-sa event {gw-gw {uniqueid=1 local-host=192.0.2.1 remote-host=192.0.2.2 child-sas {net-net-7 {spi-in=c0ffee01 ' +
      'spi-out=c0ffee02 bytes-in=84 local-ts=[10.1.0.0/16 10.3.0.0/16] remote-ts=[10.2.0.0/16]}}}}';
    expect(rawKeys(raw)).toEqual([...answer.keys()]);
  });

  it('of the other end has local and remote, in and out, the other way round', () => {
    const other = mirroredAnswer(answer);
    expect(other.get('list-sa gw-gw remote-host')).toBe('192.0.2.1');
    expect(other.get('list-sa gw-gw child-sas net-net spi-out')).toBe('c0ffee01');
    expect(other.get('list-sa gw-gw child-sas net-net bytes-out')).toBe('84');
    expect([...mirroredAnswer(new Map([['list-conn gw-gw local id', 'moon']])).keys()]).toEqual([
      'list-conn gw-gw remote id',
    ]);
    expect([...mirroredAnswer(new Map([['counters counters ike-init-in-req', '1']])).keys()]).toEqual([
      'counters counters ike-init-out-req',
    ]);
    expect(mirroredAnswer(other)).toEqual(answer);
  });

  it('differs where a key is missing or a value is another one, but where that is meant', () => {
    const theirs = new Map(answer).set('list-sa gw-gw uniqueid', '9').set('list-sa gw-gw if-id-in', '00000000');
    expect(answerDifferences(answer, theirs, { keys: [], values: [] })).toEqual([
      'list-sa gw-gw uniqueid is 1, with charon 9',
      'only charon has list-sa gw-gw if-id-in = 00000000',
    ]);
    const meant = { keys: [{ path: ' if-id-in$', why: '' }], values: [{ path: ' uniqueid$', why: '' }] };
    expect(answerDifferences(answer, theirs, meant)).toEqual([]);
  });

  it('for people has the same form whatever the numbers are', () => {
    const one = 'gw-gw: #1, ESTABLISHED, IKEv2, 0102030405060708_i* 1112131415161718_r\n  established 1s ago\n';
    const two = 'gw-gw: #21, ESTABLISHED, IKEv2, a102030405060708_i b112131415161718_r*\n  established 10s ago\n';
    expect(lineForms(one)).toEqual(lineForms(two));
    expect(lineForms(one)).not.toEqual(lineForms(two.replace('IKEv2', 'IKEvX')));
  });
});
