import { type IkeSaView, present, withAcquired } from '../common/view.ts';
import type { IkeSaV1, Phase } from './state.ts';
import { tasksOf } from './tasks-view.ts';

/** What may be seen of an IKE SA: everything but its keys. */
export function viewIkeSa(sa: IkeSaV1): IkeSaView {
  const always = {
    id: sa.id,
    tunnel: sa.tunnel,
    ...present('guests', sa.guests.length === 0 ? undefined : [...sa.guests]),
    version: 1,
    state: STATES[sa.phase] ?? 'connecting',
    role: sa.role,
    initiatorSpi: sa.initiatorSpi,
    responderSpi: sa.responderSpi,
    local: sa.local,
    remote: sa.remote,
    nat: sa.nat,
    ...present('tasks', tasksOf(sa)),
  } as const;
  return withAcquired(always, sa);
}

const STATES: { readonly [P in Phase]?: IkeSaView['state'] } = {
  established: 'established',
  replaced: 'rekeyed',
  closed: 'deleting',
};
