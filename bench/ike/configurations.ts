import { LIBIPSEC } from '../../conformance/lab/presets.ts';
import type { Section, StrongswanSetup } from '../../conformance/lab/scenario.ts';
import { ALL_SEGMENTS, PSK, peerAddress, peerSegment, RESPONDER, RESPONDER_SEGMENT } from './plan.ts';
import { tunnelName } from './policies.ts';
import type { Suite } from './suites.ts';

/** Cygnet's, with a tunnel for each of these peers. */
export function cygnetResponder(
  suite: Suite,
  tunnels: readonly number[],
  { start = 'respond', different }: { start?: 'respond' | 'initiate'; different?: number } = {},
): object {
  return {
    version: 1,
    gateways: { gw: { address: RESPONDER } },
    peers: Object.fromEntries(tunnels.map((tunnel) => [tunnelName(tunnel), { address: peerAddress(tunnel) }])),
    tunnels: Object.fromEntries(
      tunnels.map((tunnel) => [
        tunnelName(tunnel),
        {
          gateway: 'gw',
          peer: tunnelName(tunnel),
          local: { subnets: [RESPONDER_SEGMENT] },
          remote: { subnets: [peerSegment(tunnel)] },
          psk: PSK,
          start,
          ike: { version: suite.version, proposals: [suite.ike] },
          ipsec: { proposals: [suite.esp] },
          dpd: { delay: tunnel === different ? '40s' : '30s', timeout: '90s', action: 'clear' },
        },
      ]),
    ),
  };
}

/** The other ends of these tunnels, in one Cygnet with a gateway for each. */
export function cygnetPeers(suite: Suite, tunnels: readonly number[]): object {
  return {
    version: 1,
    gateways: Object.fromEntries(tunnels.map((tunnel) => [tunnelName(tunnel), { address: peerAddress(tunnel) }])),
    peers: { responder: { address: RESPONDER } },
    tunnels: Object.fromEntries(
      tunnels.map((tunnel) => [
        tunnelName(tunnel),
        {
          gateway: tunnelName(tunnel),
          peer: 'responder',
          local: { subnets: [peerSegment(tunnel)] },
          remote: { subnets: [RESPONDER_SEGMENT] },
          psk: PSK,
          start: 'respond',
          ike: { version: suite.version, proposals: [suite.ike] },
          ipsec: { proposals: [suite.esp] },
        },
      ]),
    ),
  };
}

/** charon with a connection for each tunnel, which it starts itself; one of them is `different`. */
export function charonInitiator(suite: Suite, tunnels: readonly number[], different?: number): StrongswanSetup {
  const connection = (tunnel: number): Section => ({
    version: suite.version,
    local_addrs: RESPONDER,
    remote_addrs: peerAddress(tunnel),
    proposals: suite.ike,
    dpd_delay: tunnel === different ? '40s' : '30s',
    local: { auth: 'psk', id: RESPONDER },
    remote: { auth: 'psk', id: peerAddress(tunnel) },
    children: {
      [tunnelName(tunnel)]: {
        local_ts: RESPONDER_SEGMENT,
        remote_ts: peerSegment(tunnel),
        esp_proposals: suite.esp,
        start_action: 'start',
      },
    },
  });
  return {
    ...charonResponder(suite),
    swanctl: {
      connections: Object.fromEntries(tunnels.map((tunnel) => [tunnelName(tunnel), connection(tunnel)])),
      secrets: { ike: { secret: PSK } },
    },
  };
}

/**
 * charon's: one connection that takes every peer, which is what costs it least, as it looks for the connection of a peer
 * in a list. Nothing is logged, and its table of IKE SAs is as large as its manual advises for thousands; all else is
 * as shipped.
 */
export function charonResponder(suite: Suite): StrongswanSetup {
  return {
    swanctl: {
      connections: {
        any: {
          version: suite.version,
          local_addrs: RESPONDER,
          remote_addrs: '%any',
          proposals: suite.ike,
          dpd_delay: '30s',
          local: { auth: 'psk', id: RESPONDER },
          remote: { auth: 'psk' },
          children: { net: { local_ts: RESPONDER_SEGMENT, remote_ts: ALL_SEGMENTS, esp_proposals: suite.esp } },
        },
      },
      secrets: { ike: { secret: PSK } },
    },
    plugins: [LIBIPSEC],
    charon: CHARON,
    children: ['net'],
  };
}

const CHARON = { filelog: {}, cookie_threshold_ip: 3, ikesa_table_size: 4_096, ikesa_table_segments: 16 };
