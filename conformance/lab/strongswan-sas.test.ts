import { describe, expect, it } from 'vitest';
import { parseListSas } from './strongswan-sas.ts';

const TWO = `list-sa event {idc {uniqueid=2 version=1 state=ESTABLISHED local-host=106.75.234.78 local-port=500 local-id=106.75.234.78 remote-host=113.31.113.78 remote-port=500 remote-id=113.31.113.78 initiator=yes initiator-spi=7c4e6db29c136234 responder-spi=c777a3438faac6c2 established=5 tasks-passive=[QUICK_MODE ISAKMP_DPD] child-sas {net1-1 {name=net1 uniqueid=1 reqid=1 state=REKEYED mode=TUNNEL protocol=ESP spi-in=cc235bed spi-out=c88743d6 local-ts=[10.0.192.0/20] remote-ts=[10.23.0.0/16]} net1-2 {name=net1 uniqueid=2 reqid=1 state=INSTALLED mode=TUNNEL protocol=ESP spi-in=e8029e5 spi-out=c6c3b8d9 bytes-in=252 packets-in=3 use-in=0 bytes-out=84 packets-out=1 use-out=2 local-ts=[10.0.192.0/20 10.1.0.0/24] remote-ts=[10.23.0.0/16]}}}}
list-sa event {(unnamed) {uniqueid=3 version=1 state=CONNECTING local-id=%any initiator-spi=cecc8cb4dc1854ec responder-spi=0000000000000000 child-sas {}}}
list-sas reply {}
`;

describe('the SAs that strongSwan lists', () => {
  it('IKE SAs have their state, SPIs and Child SAs, also without a name', () => {
    const [first, second] = parseListSas(TWO);
    const net = { name: 'net1', protocol: 'esp' };
    expect(first?.children).toEqual([
      { ...net, state: 'REKEYED', spiIn: 'cc235bed', spiOut: 'c88743d6', packetsIn: 0, packetsOut: 0 },
      { ...net, state: 'INSTALLED', spiIn: '0e8029e5', spiOut: 'c6c3b8d9', packetsIn: 3, packetsOut: 1 },
    ]);
    expect(first?.initiatorSpi).toBe('7c4e6db29c136234');
    expect(second).toEqual({
      state: 'CONNECTING',
      initiatorSpi: 'cecc8cb4dc1854ec',
      responderSpi: '0000000000000000',
      children: [],
    });
  });

  it('an empty list has nothing', () => {
    expect(parseListSas('list-sas reply {}\n')).toEqual([]);
  });
});
