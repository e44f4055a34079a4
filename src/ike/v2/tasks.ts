import { SECOND } from '../../base/time.ts';
import type { Context } from '../common/context.ts';
import type { RetransmitSchedule } from '../common/retransmit.ts';
import { deleteChildren, deleteIke } from './deletes.ts';
import { sendProbe } from './liveness.ts';
import { sendRequest } from './message-window.ts';
import type { IkeSaV2, Task } from './state.ts';

/** For what is gone on our side anyway: long enough for a few losses, not so long that closing drags on. */
const DELETE_RETRANSMIT: RetransmitSchedule = { base: SECOND, factor: 1.8, transmissions: 4, jitter: 0.2 };

/** Sends the next request that waits, if the window is free. */
export function sendNextTask(ctx: Context, sa: IkeSaV2): void {
  const ready = sa.phase === 'established' || sa.phase === 'deleting';
  if (!ready || sa.outstanding !== undefined || sa.pending !== undefined) return;
  const task = sa.tasks.shift();
  if (task !== undefined) SENDERS[task.kind](ctx, sa, task as never);
}

type Senders = {
  readonly [Kind in Task['kind']]: (ctx: Context, sa: IkeSaV2, task: Extract<Task, { readonly kind: Kind }>) => void;
};

const SENDERS: Senders = {
  liveness: sendProbe,
  'delete-ike': (ctx, sa, task) =>
    sendRequest(ctx, sa, { exchange: 'INFORMATIONAL', payloads: [deleteIke()], schedule: DELETE_RETRANSMIT, task }),
  'delete-children': (ctx, sa, task) =>
    sendRequest(ctx, sa, {
      exchange: 'INFORMATIONAL',
      payloads: [deleteChildren(task.protocol, task.spis)],
      schedule: DELETE_RETRANSMIT,
      task,
    }),
};
