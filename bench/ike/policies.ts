import { utf8 } from '../../src/base/bytes.ts';
import { type Prefix, parsePrefix } from '../../src/base/net.ts';
import { Secret } from '../../src/base/secret.ts';
import { HOUR } from '../../src/base/time.ts';
import type { TunnelPolicy } from '../../src/ike/common/policy.ts';
import { type Proposal, parseProposal, type SecurityProtocol } from '../../src/sa/proposal.ts';
import { tunnelPolicy } from '../../src/sim/tunnels.ts';
import { PSK, peerAddress, peerSegment, RESPONDER, RESPONDER_SEGMENT } from './plan.ts';
import type { Suite } from './suites.ts';

export type PeersOptions = {
  readonly suite: Suite;
  /** The numbers of its tunnels. */
  readonly first: number;
  readonly count: number;
};

export function tunnelName(tunnel: number): string {
  return `t${tunnel}`;
}

/** The tunnels of an initiator, which never asks by itself whether the responder is there. */
export function tunnelPolicies({ suite, first, count }: PeersOptions): TunnelPolicy[] {
  const responder = { address: RESPONDER, segments: [prefix(RESPONDER_SEGMENT)] };
  const shared = {
    version: suite.version,
    mobike: false,
    psk: new Secret(utf8(PSK)),
    ikeProposals: [proposal(suite.ike, 'ike')],
    childProposals: [proposal(suite.esp, 'esp')],
    dpd: { delay: 24 * HOUR, timeout: 48 * HOUR, action: 'clear' },
    routes: false,
    blockClearText: false,
  } as const;
  return Array.from({ length: count }, (_, index) => {
    const tunnel = first + index;
    const own = { address: peerAddress(tunnel), segments: [prefix(peerSegment(tunnel))] };
    return tunnelPolicy(own, responder, { ...shared, name: tunnelName(tunnel), peer: tunnelName(tunnel) });
  });
}

function proposal(text: string, protocol: SecurityProtocol): Proposal {
  const parsed = parseProposal(text, protocol);
  if ('error' in parsed) throw new RangeError(`${text} ${parsed.error}`);
  return parsed;
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new RangeError(`${text} is no prefix`);
  return parsed;
}
