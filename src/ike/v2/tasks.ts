import type { ContextV2 } from './context.ts';
import { tokenPayloads } from './crash-token.ts';
import { deleteChildren, deleteIke } from './deletes.ts';
import { beginChild } from './exchanges/create-child-initiator.ts';
import { beginIkeRekey } from './exchanges/rekey-ike-initiator.ts';
import { isBeingReplaced } from './follow-ups.ts';
import { sendProbe } from './liveness.ts';
import { sendRequest } from './message-window.ts';
import { sendUpdate } from './mobike/initiator.ts';
import { sendOwnAddresses } from './mobike/own-addresses.ts';
import { sendCheck } from './mobike/responder.ts';
import { DELETE_RETRANSMIT, REQUEST_RETRANSMIT, requestPatience } from './request-schedule.ts';
import type { IkeSaV2, Task } from './state.ts';

/** Sends the next request that waits, if the window is free. Some turn out not to be needed any more. */
export function sendNextTask(ctx: ContextV2, sa: IkeSaV2): void {
  while (READY.has(sa.phase) && sa.outstanding === undefined && sa.pending === undefined && sa.creation === undefined) {
    const task = sa.tasks.find(({ kind }) => !isBeingReplaced(sa) || !HELD_BACK.has(kind));
    if (task === undefined) return;
    sa.tasks = sa.tasks.filter((other) => other !== task);
    SENDERS[task.kind](ctx, sa, task as never);
  }
}

const READY: ReadonlySet<IkeSaV2['phase']> = new Set<IkeSaV2['phase']>(['established', 'deleting']);

/** While the peer replaces the IKE SA, with several exchanges: what is better done within its successor. */
const HELD_BACK: ReadonlySet<Task['kind']> = new Set<Task['kind']>(['create-child', 'delete-children', 'rekey-ike']);

type Senders = {
  readonly [Kind in Task['kind']]: (ctx: ContextV2, sa: IkeSaV2, task: Extract<Task, { readonly kind: Kind }>) => void;
};

const SENDERS: Senders = {
  liveness: sendProbe,
  'create-child': beginChild,
  'rekey-ike': beginIkeRekey,
  'announce-token': (ctx, sa, task) => {
    const policy = ctx.policies.get(sa.tunnel);
    sendRequest(ctx, sa, {
      exchange: 'INFORMATIONAL',
      payloads: tokenPayloads(ctx, sa),
      schedule: REQUEST_RETRANSMIT,
      task,
      ...(policy === undefined ? {} : requestPatience(policy)),
    });
  },
  'update-addresses': sendUpdate,
  'announce-addresses': sendOwnAddresses,
  'check-address': sendCheck,
  'delete-ike': (ctx, sa, task) =>
    sendRequest(ctx, sa, { exchange: 'INFORMATIONAL', payloads: [deleteIke()], schedule: DELETE_RETRANSMIT, task }),
  'delete-children': (ctx, sa, task) => {
    const policy = ctx.policies.get(sa.tunnel);
    sendRequest(ctx, sa, {
      exchange: 'INFORMATIONAL',
      payloads: [deleteChildren(task.protocol, task.spis)],
      schedule: REQUEST_RETRANSMIT,
      task,
      ...(policy === undefined ? {} : requestPatience(policy)),
    });
  },
};
