import { type TaskName, type TasksView, viewTasks } from '../common/view.ts';
import type { FollowUp } from './creation.ts';
import type { IkeSaV2, Step, Task } from './state.ts';

/** What an IKE SA is at, and what waits for it. */
export function tasksOf(sa: IkeSaV2): TasksView | undefined {
  if (sa.phase === 'closed') return undefined;
  const begun = sa.creation?.task ?? sa.outstanding?.task;
  const initial: readonly TaskName[] = sa.establishedAt === undefined ? ['initial-exchanges'] : [];
  const ours = sa.role === 'initiator' ? initial : [];
  const theirs = sa.role === 'responder' ? initial : [];
  return viewTasks({
    active: begun === undefined ? ours : [...ours, ...namesOf([begun])],
    passive: [...theirs, ...sa.followUps.map(nameOfFollowUp), ...answering(sa.pending?.step)],
    queued: namesOf([...sa.tasks, ...sa.postponed]),
  });
}

function namesOf(tasks: readonly Task[]): TaskName[] {
  return tasks.flatMap((task) => {
    if (task.kind === 'create-child' && task.replaces !== undefined) return 'rekey-child';
    return NAMES[task.kind] ?? [];
  });
}

/** What the operator knows by another name, or not at all. */
const NAMES: { readonly [Kind in Task['kind']]: TaskName | undefined } = {
  liveness: 'liveness',
  'announce-token': undefined,
  'update-addresses': 'mobike',
  'announce-addresses': 'mobike',
  'check-address': 'mobike',
  'delete-ike': 'delete-ike',
  'delete-children': 'delete-child',
  'create-child': 'create-child',
  'rekey-ike': 'rekey-ike',
};

function nameOfFollowUp({ made }: FollowUp): TaskName {
  if (made.kind === 'ike') return 'rekey-ike';
  return made.answer.replaces === undefined ? 'create-child' : 'rekey-child';
}

/** A request of the peer whose answer is being computed or installed. */
function answering(step: Step | undefined): TaskName[] {
  switch (step?.kind) {
    case 'answer-computed':
    case 'answer-spi-allocated':
    case 'answer-installed':
      return [step.answer.replaces === undefined ? 'create-child' : 'rekey-child'];
    case 'ike-answer-computed':
      return ['rekey-ike'];
    default:
      return [];
  }
}
