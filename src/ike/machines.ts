import type { Reason } from './common/reason.ts';
import type { IkeSaView } from './common/view.ts';
import type { EffectAnswer, Work } from './common/work.ts';
import type { IkeSa } from './ike-sa.ts';
import type { Run } from './run.ts';
import * as closeV1 from './v1/close.ts';
import * as machineV1 from './v1/machine.ts';
import * as viewV1 from './v1/view.ts';
import * as closeV2 from './v2/close.ts';
import * as machineV2 from './v2/machine.ts';
import * as viewV2 from './v2/view.ts';

/** The door to the two versions: everything that the core does with an IKE SA without knowing which it is. */

export function doWork(run: Run, sa: IkeSa, work: Work): void {
  if (sa.version === 1) machineV1.doWork(run, sa, work);
  else machineV2.doWork(run, sa, work);
}

/** False where nobody of this IKE SA waits for the answer. */
export function answerEffect(run: Run, sa: IkeSa, request: number, answer: EffectAnswer): boolean {
  if (sa.version === 1) return machineV1.answerEffect(run, sa, request, answer);
  if (sa.pending?.request !== request) return false;
  machineV2.answerEffect(run, sa, answer);
  return true;
}

/** Ends an IKE SA without another word to the peer. */
export function abandon(run: Run, sa: IkeSa, reason: Reason): void {
  if (sa.version === 1) closeV1.abandon(run, sa, reason);
  else closeV2.abandon(run, sa, reason);
}

/** RFC 7296 §1.4.1: its Delete is under way. As long as the peer has not answered, it may go on sending all the same. */
export function isParting(sa: IkeSa): boolean {
  return sa.version === 2 && sa.phase === 'deleting';
}

export function viewIkeSa(sa: IkeSa): IkeSaView {
  return sa.version === 1 ? viewV1.viewIkeSa(sa) : viewV2.viewIkeSa(sa);
}
