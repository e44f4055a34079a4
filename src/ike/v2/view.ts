import { type IkeSaView, withAcquired } from '../common/view.ts';
import type { IkeSaV2, Phase } from './state.ts';

/** What may be seen of an IKE SA: everything but its keys. */
export function viewIkeSa(sa: IkeSaV2): IkeSaView {
  const always = {
    id: sa.id,
    tunnel: sa.tunnel,
    version: 2,
    state: STATES[sa.phase],
    role: sa.role,
    initiatorSpi: sa.initiatorSpi,
    responderSpi: sa.responderSpi,
    local: sa.local,
    remote: sa.remote,
    nat: sa.nat,
    ppk: sa.ppk,
  } as const;
  return withAcquired(always, sa);
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
