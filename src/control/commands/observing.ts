import type { Command } from '../command.ts';

/** What lets the daemon be watched from outside, and looked into. */
export const OBSERVING = {
  metrics: {
    method: 'GET',
    // Where every scraper looks.
    path: '/metrics',
    access: 'read',
    kind: 'text',
    contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
    summary: 'print counters and states as OpenMetrics',
    note: 'Every configured tunnel and pair of segments has its series, up or down; counters go on through rekeyings.',
    examples: [['', 'for Prometheus, such as by the textfile collector of its node exporter']],
    exits: [0, 1, 2, 4, 6],
  },
  exchanges: {
    method: 'GET',
    path: '/v1/tunnels/{tunnel}/exchanges',
    access: 'read',
    kind: 'reply',
    summary: 'tell the last messages of a tunnel, decoded',
    note: 'Of keys, nonces and proofs no more than their length is told.',
    examples: [
      ['idc', 'what both ends said, as far as it is remembered'],
      ['idc --json', 'for programs'],
    ],
    exits: [0, 1, 2, 4, 5, 6],
  },
  keylog: {
    method: 'GET',
    path: '/v1/tunnels/{tunnel}/keylog',
    access: 'admin',
    kind: 'reply',
    summary: "tell the keys that a tunnel's IKE messages are read with, for Wireshark",
    note: 'Secret: whoever has them reads what was said between the gateways. The keys of the traffic are not among them.',
    examples: [
      ['idc', 'the lines of both files'],
      ['idc --output ~/.config/wireshark', 'added to the files in that directory'],
    ],
    exits: [0, 1, 2, 4, 5, 6],
  },
  capture: {
    method: 'GET',
    path: '/v1/tunnels/{tunnel}/capture',
    access: 'admin',
    kind: 'bytes',
    contentType: 'application/vnd.tcpdump.pcap',
    summary: "record a tunnel's IKE datagrams for Wireshark",
    note: 'As they go over the wire, from now on and without end; of a peer of any address once it has an IKE SA.',
    examples: [
      ['idc -o idc.pcap', 'until Ctrl-C'],
      ['idc -o idc.pcap --seconds 60', 'for a minute'],
    ],
    exits: [0, 1, 2, 4, 5, 6],
  },
} as const satisfies Record<string, Command>;
