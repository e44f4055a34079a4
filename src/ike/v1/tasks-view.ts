import { type TaskName, type TasksView, viewTasks } from '../common/view.ts';
import type { IkeSaV1, QuickModePlan } from './state.ts';

/** What an IKE SA is at, and what waits for it. */
export function tasksOf(sa: IkeSaV1): TasksView | undefined {
  if (sa.phase === 'closed') return undefined;
  const phase1: readonly TaskName[] =
    sa.establishedAt === undefined ? [sa.mode === 'main' ? 'main-mode' : 'aggressive-mode'] : [];
  const by = (role: IkeSaV1['role']) => [
    ...(sa.role === role ? phase1 : []),
    ...[...sa.quickModes.values()].flatMap((one) =>
      one.role === role && one.phase !== 'done' ? nameOf(one.plan) : [],
    ),
  ];
  const probe: readonly TaskName[] = sa.dpd.asking === undefined ? [] : ['liveness'];
  return viewTasks({
    active: [...by('initiator'), ...probe],
    passive: by('responder'),
    queued: sa.waiting.map(nameOf),
  });
}

function nameOf({ replaces }: QuickModePlan): TaskName {
  return replaces === undefined ? 'create-child' : 'rekey-child';
}
