import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import type { Report } from '../commands.ts';
import { wordsAddress } from '../ip/address-words.ts';
import type { PacketView } from '../ip/packet-view.ts';

/** What a packet asks for that has met a trap: an SA for its flow. */
export function acquireOf(view: PacketView, reqid: number): Extract<Report, { readonly kind: 'acquire' }> {
  return {
    kind: 'acquire',
    reqid,
    source: selectorOf(view, view.source, view.sourcePort),
    destination: selectorOf(view, view.destination, view.destinationPort),
  };
}

function selectorOf(view: PacketView, words: Uint32Array, port: number): TrafficSelector {
  const address = wordsAddress(words, view.version);
  const ports = view.hasPorts ? { startPort: port, endPort: port } : { startPort: 0, endPort: 0xffff };
  return { protocol: view.protocol, ...ports, start: address, end: address };
}
