import type { Evidence } from '../../../ike/common/evidence.ts';
import type { TunnelPolicy } from '../../../ike/common/policy.ts';
import type { ReasonCode } from '../../../ike/common/reason.ts';
import type { Proposal } from '../../../sa/proposal.ts';
import { selectorFromPrefix } from '../../../sa/traffic-selector.ts';
import type { ChildStatus, TunnelStatus } from '../../status.ts';
import { tunnel } from '../../testing/service-rig.ts';
import type { Facts } from '../facts.ts';
import type { Attempt, Failure } from '../trail.ts';

/** Test support: a tunnel of the platform's defaults between 192.0.2.1 and 192.0.2.2, and what may be known of it. */

export const IKE: Proposal = {
  protocol: 'ike',
  encryption: ['aes128'],
  integrity: ['sha1'],
  prf: ['prfsha1'],
  keyExchange: ['modp1024'],
  esn: [],
};
export const ESP: Proposal = {
  protocol: 'esp',
  encryption: ['aes128'],
  integrity: ['sha1'],
  prf: [],
  keyExchange: ['modp1024'],
  esn: [false],
};

export const V2: Partial<TunnelPolicy> = { version: 2 };
export const MAIN: Partial<TunnelPolicy> = { version: 1, mode: 'main' };
export const AGGRESSIVE: Partial<TunnelPolicy> = { version: 1, mode: 'aggressive' };

export const NOW = 1_800_000_000_000;

export function policy(changes: Partial<TunnelPolicy> = {}): TunnelPolicy {
  return tunnel({
    name: 'idc',
    local: {
      address: '192.0.2.1',
      identity: { type: 'ipv4', address: '192.0.2.1' },
      selectors: [selectorFromPrefix({ address: '10.1.0.0', length: 16 })],
    },
    remote: {
      address: { kind: 'address', address: '192.0.2.2' },
      identity: { type: 'ipv4', address: '192.0.2.2' },
      selectors: [selectorFromPrefix({ address: '10.2.0.0', length: 16 })],
    },
    ikeProposals: [IKE],
    childProposals: [ESP],
    ...changes,
  });
}

export function status(changes: Partial<TunnelStatus> = {}): TunnelStatus {
  return {
    name: 'idc',
    gateway: 'gw',
    peer: 'p',
    resourceStatus: 'running',
    connectionStatus: 'stage1Failure',
    reason: null,
    attempt: 3,
    nextAttemptAt: null,
    ike: null,
    children: [],
    pairs: { total: 1, up: 0, down: [{ local: '10.1.0.0/16', remote: '10.2.0.0/16' }] },
    ...changes,
  };
}

export function facts(changes: Partial<Facts> = {}): Facts {
  return {
    policy: policy(),
    status: status(),
    trail: { begun: [] },
    carriesFor: 0,
    host: { kernelErrors: {} },
    now: NOW,
    ...changes,
  };
}

export const ATTEMPT: Attempt = {
  ikeSa: 7,
  remote: { address: '192.0.2.2', port: 500 },
  startedAt: NOW - 20_000,
  transmissions: 4,
  established: false,
};
export const ANSWERED: Attempt = {
  ...ATTEMPT,
  answered: { remote: { address: '192.0.2.2', port: 500 }, after: 28 },
};

/** A failure of ours, or one of the peer's; `stage` 2 is in an IKE SA. */
export function failure(
  role: Failure['role'],
  stage: 1 | 2,
  code: ReasonCode,
  evidence?: Evidence | undefined,
  attempt: Attempt | undefined = role === 'initiator' ? ATTEMPT : undefined,
): Failure {
  const reason = { code, text: `the text of ${code}`, ...(evidence === undefined ? {} : { evidence }) };
  const mine = attempt === undefined ? {} : { attempt };
  return { role, stage, reason, at: NOW - 12_000, authenticated: stage === 2, ...mine };
}

/** Facts of a tunnel whose last negotiation failed in this way. */
export function failed(how: Failure, changes: Partial<TunnelPolicy> = {}): Facts {
  return facts({
    policy: policy(changes),
    status: status({ connectionStatus: how.stage === 1 ? 'stage1Failure' : 'stage2Failure' }),
    trail: { begun: [], ...(how.role === 'initiator' ? { own: how } : { peers: how }) },
  });
}

/** Facts of a tunnel that has been connected for a minute and has carried so many packets. */
export function connected(packetsIn: number, packetsOut: number, changes: Partial<Facts> = {}): Facts {
  const child: ChildStatus = {
    spiIn: '00000001',
    spiOut: '00000002',
    protocol: 'esp',
    mode: 'tunnel',
    encap: false,
    proposal: 'aes128-sha1',
    localSubnets: ['10.1.0.0/16'],
    remoteSubnets: ['10.2.0.0/16'],
    bytesIn: 84 * packetsIn,
    bytesOut: 84 * packetsOut,
    packetsIn,
    packetsOut,
    installedAt: null,
    rekeyAt: null,
  };
  const connectionStatus = 'connected' as const;
  return facts({
    status: status({ connectionStatus, children: [child], pairs: ALL_UP }),
    carriesFor: 60_000,
    ...changes,
  });
}

const ALL_UP = { total: 1, up: 1, down: [] };
