import type { IpAddress } from '../base/net.ts';
import { formatSelector } from '../sa/traffic-selector.ts';
import type { RuleSubject } from './rule-subject.ts';

/**
 * Transport mode protects what the two gateways say to each other, and nothing behind them: their addresses are the
 * segments, and stay the same for as long as the tunnel lives.
 */
export function checkTransport(subject: RuleSubject): void {
  if (subject.raw.ipsec?.mode !== 'transport') return;
  checkPath(subject);
  checkPeer(subject);
  checkEnd(subject, 'local', subject.gateway.address);
  if (subject.peer.address.kind === 'address') checkEnd(subject, 'remote', subject.peer.address.address);
}

function checkPath({ raw, gateway, dataplane, report }: RuleSubject): void {
  if (dataplane === 'userspace')
    report.error(['ipsec', 'mode'], 'transport mode is done by the kernel alone; set dataplane to kernel or auto');
  if (gateway.publicAddress !== undefined && gateway.publicAddress !== gateway.address)
    report.error(
      ['ipsec', 'mode'],
      `transport mode cannot pass the NAT of gateway ${gateway.name}, whose publicAddress is not its address; use tunnel`,
    );
  if (raw.ipsec?.encapsulation === 'udp')
    report.error(
      ['ipsec', 'encapsulation'],
      'transport mode does not go in UDP; remove this, or set ipsec.mode to tunnel',
    );
  if (gateway.alternatives.length > 0)
    report.error(
      ['ipsec', 'mode'],
      `transport mode is between two addresses, and gateway ${gateway.name} has several; use tunnel`,
    );
  if (raw.ike?.mobike === true)
    report.error(
      ['ike', 'mobike'],
      'transport mode is bound to its addresses; remove this, or set ipsec.mode to tunnel',
    );
}

function checkPeer({ peer, report }: RuleSubject): void {
  if (peer.address.kind !== 'address' || peer.alternatives !== undefined)
    report.error(
      ['ipsec', 'mode'],
      `transport mode takes a peer with one IP address, which ${peer.name} has not; use tunnel`,
    );
}

function checkEnd({ raw, report }: RuleSubject, side: 'local' | 'remote', address: IpAddress): void {
  for (const [index, subnet] of raw[side].subnets.entries())
    if (subnet.start !== address || subnet.end !== address)
      report.error(
        [side, 'subnets', index],
        `${formatSelector(subnet)} is not the gateway itself, which is all that transport mode protects; write ${address}, with a protocol and ports behind it where it is for these alone`,
      );
}
