import { type IkeSaView, present, withAcquired } from '../common/view.ts';
import type { Mobike } from './mobike/state.ts';
import type { IkeSaV2, Phase } from './state.ts';
import { tasksOf } from './tasks-view.ts';

/** What may be seen of an IKE SA: everything but its keys. */
export function viewIkeSa(sa: IkeSaV2): IkeSaView {
  const always = {
    id: sa.id,
    tunnel: sa.tunnel,
    ...present('guests', sa.guests.length === 0 ? undefined : [...sa.guests]),
    version: 2,
    state: STATES[sa.phase],
    role: sa.role,
    initiatorSpi: sa.initiatorSpi,
    responderSpi: sa.responderSpi,
    local: sa.local,
    remote: sa.remote,
    nat: sa.nat,
    ppk: sa.ppk,
    ...present('mobike', viewMobike(sa.mobike)),
    ...present('tasks', tasksOf(sa)),
  } as const;
  return withAcquired(always, sa);
}

function viewMobike(mobike: Mobike | undefined): IkeSaView['mobike'] {
  return mobike === undefined
    ? undefined
    : { localAddresses: [...mobike.told], remoteAddresses: [...mobike.peerAddresses] };
}

const STATES: { readonly [P in Phase]: IkeSaView['state'] } = {
  larval: 'connecting',
  'init-sent': 'connecting',
  'intermediate-due': 'connecting',
  'intermediate-sent': 'connecting',
  'init-answered': 'connecting',
  'auth-sent': 'connecting',
  established: 'established',
  rekeyed: 'rekeyed',
  deleting: 'deleting',
  closed: 'deleting',
};
