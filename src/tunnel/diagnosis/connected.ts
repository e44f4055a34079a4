import type { ChildStatus } from '../status.ts';
import { classify } from './classify.ts';
import type { DiagnosisCode } from './codes.ts';
import type { Facts } from './facts.ts';
import { codeOfKernelErrors } from './kernel-errors.ts';
import type { Failure } from './trail.ts';

/** How long packets may go out before some have to come back, milliseconds. */
const PATIENCE = 10_000;

/**
 * What is to be said of a tunnel that is connected. Only what its own SAs and counters show counts: whatever a stranger sends
 * to UDP port 500 cannot make it look broken.
 */
export function judgeConnected(facts: Facts): { readonly code: DiagnosisCode; readonly failure?: Failure } {
  const traffic = trafficCode(facts);
  if (traffic !== undefined) return { code: traffic };
  const failure = besideFailure(facts);
  const code = failure === undefined ? undefined : classify({ ...facts, failure });
  // Some of them it does accept.
  if (failure !== undefined && code !== undefined)
    return { code: code === 'segments-refused' ? 'narrowed' : code, failure };
  if (facts.status.pairs.down.length > 0) return { code: 'narrowed' };
  const lost = sizeCode(facts);
  if (lost !== undefined) return { code: lost };
  const { packetsIn, packetsOut } = sums(facts.status.children);
  return { code: packetsIn + packetsOut === 0 ? 'no-traffic-yet' : 'connected' };
}

/** Whether packets go one way only. */
function trafficCode({ status, host, carriesFor }: Facts): DiagnosisCode | undefined {
  const { packetsIn, packetsOut } = sums(status.children);
  if (carriesFor < PATIENCE || (packetsIn === 0) === (packetsOut === 0)) return undefined;
  if (packetsIn === 0) return codeOfKernelErrors(host.kernelErrors) ?? 'no-return-traffic';
  if (host.forwarding === false) return 'forwarding-off';
  const filtered = (host.kernelErrors.IPReversePathFilter ?? 0) > 0;
  return filtered ? 'reverse-path-filtered' : 'no-outgoing-traffic';
}

/** Whether what is too large for the path is lost, while the rest gets through. */
function sizeCode({ largePackets, host }: Facts): DiagnosisCode | undefined {
  if (largePackets === 'lost') return 'large-packets-lost';
  return (host.kernelErrors.IpReasmFails ?? 0) > 0 ? 'fragments-lost' : undefined;
}

/**
 * A Child SA that was refused while others work: of a pair of segments that is still without one, or the successor of one
 * that will end.
 */
function besideFailure({ trail, status, policy }: Facts): Failure | undefined {
  const { beside } = trail;
  if (beside === undefined) return undefined;
  const concernsSuccessor = policy.version === 2 && beside.reason?.code !== 'traffic-selectors-unacceptable';
  return status.pairs.down.length > 0 || concernsSuccessor ? beside : undefined;
}

function sums(children: readonly ChildStatus[]): Pick<ChildStatus, 'packetsIn' | 'packetsOut'> {
  const sum = (key: 'packetsIn' | 'packetsOut') => children.reduce((total, child) => total + child[key], 0);
  return { packetsIn: sum('packetsIn'), packetsOut: sum('packetsOut') };
}
