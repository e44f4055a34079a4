import { type IkeSaView, present } from '../common/view.ts';
import type { IkeSaV1, Phase } from './state.ts';

/** What may be seen of an IKE SA: everything but its keys. */
export function viewIkeSa(sa: IkeSaV1): IkeSaView {
  return {
    id: sa.id,
    tunnel: sa.tunnel,
    version: 1,
    state: STATES[sa.phase] ?? 'connecting',
    role: sa.role,
    initiatorSpi: sa.initiatorSpi,
    responderSpi: sa.responderSpi,
    local: sa.local,
    remote: sa.remote,
    nat: sa.nat,
    ...present('localId', sa.localId),
    ...present('remoteId', sa.remoteId),
    ...present('suite', sa.suite),
    ...present('establishedAt', sa.establishedAt?.wall),
    ...present('rekeyAt', sa.rekeyAt?.wall),
  };
}

const STATES: { readonly [P in Phase]?: IkeSaView['state'] } = {
  established: 'established',
  replaced: 'rekeyed',
  closed: 'deleting',
};
