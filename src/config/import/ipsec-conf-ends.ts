import { parseAddress } from '../../base/net.ts';
import { parseUpperLayer } from '../../sa/upper-layer.ts';
import type { ForeignEnd } from './foreign-tunnel.ts';
import { pinned } from './foreign-tunnel.ts';
import type { Get } from './ipsec-conf-sections.ts';
import type { Remarks, Written } from './written.ts';
import { behind, listItems } from './written.ts';

/** One end of a conn. Undefined where it cannot be had, which is said. */
export function endOf(side: 'left' | 'right', name: Written, get: Get, remarks: Remarks): ForeignEnd | undefined {
  const written = get(side);
  const addresses = side === 'left' ? ownAddresses(name, written, remarks) : peerAddress(name, written, remarks);
  const [address] = addresses;
  if (address === undefined) return undefined;
  return {
    addresses,
    id: identityOf(get(`${side}id`), side, remarks),
    subnets: subnetsOf(side, address, get, remarks),
  };
}

const ANYWHERE: ReadonlySet<string> = new Set(['%any', '%any4', '%any6', '%defaultroute']);

/** strongSwan can ask the routing table for its own address; here it is the anchor of all else. */
function ownAddresses(name: Written, written: Written | undefined, remarks: Remarks): Written[] {
  if (written === undefined || ANYWHERE.has(written.text)) {
    remarks.refuse((written ?? name).position, 'left must be the address of this machine, as in left=192.0.2.1');
    return [];
  }
  return listItems(written);
}

function peerAddress(name: Written, written: Written | undefined, remarks: Remarks): Written[] {
  if (written === undefined || ANYWHERE.has(written.text)) return [pinned(written ?? name, '0.0.0.0')];
  const [first, second] = listItems(written);
  if (first === undefined) return [];
  if (second !== undefined)
    remarks.note(second.position, 'only the first address of the peer is used; a tunnel has one peer');
  if (!first.text.startsWith('%')) return [first];
  remarks.note(first.position, 'the peer is expected at this address alone: % before it is ignored');
  return [{ text: first.text.slice(1), position: behind(first, 1) }];
}

/** A percent sign before an identity lets strongSwan do without checking it, and %any takes each. */
function identityOf(written: Written | undefined, side: 'left' | 'right', remarks: Remarks): Written | undefined {
  if (written === undefined || !written.text.startsWith('%')) return written;
  if (side === 'right')
    remarks.note(
      written.position,
      `${written.text} takes any identity; here it must be the one of the address, or that behind %`,
    );
  const name = written.text.slice(1);
  return ['any', 'any4', 'any6', 'fromcert'].includes(name) ? undefined : { text: name, position: behind(written, 1) };
}

/** The end itself where no subnet is written. `leftsubnets={a b}` is libreswan's. */
function subnetsOf(side: 'left' | 'right', address: Written, get: Get, remarks: Remarks): Written[] {
  const several = get(`${side}subnets`);
  const written =
    get(`${side}subnet`) ??
    get(`${side}subnetwithin`) ??
    (several === undefined
      ? undefined
      : { ...several, text: several.text.replace(/[{}]/g, ' ').replace(/[ \t]+/g, ',') });
  const upper = protocolOf(side, get, remarks);
  const items = listItems(written ?? pinned(address, '%dynamic'));
  return items.flatMap((item) => {
    const text = upper === '' || item.text.includes('[') ? item.text : `${item.text}[${upper}]`;
    if (!text.startsWith('%dynamic')) return [{ ...item, text }];
    if (parseAddress(address.text) !== undefined && address.text !== '0.0.0.0')
      return [pinned(item, text.replace('%dynamic', address.text))];
    remarks.refuse(item.position, `${side}subnet must be written, as the end's own address is not`);
    return [];
  });
}

/** What holds for all segments of the end that say nothing of it themselves. */
function protocolOf(side: 'left' | 'right', get: Get, remarks: Remarks): string {
  const written = get(`${side}protoport`);
  if (written === undefined || written.text === '%any') return '';
  if (parseUpperLayer(written.text) !== undefined) return written.text;
  remarks.refuse(
    written.position,
    `${side}protoport is a protocol and a port, as in tcp/80, 17/1701, udp/%any or icmp`,
  );
  return '';
}
