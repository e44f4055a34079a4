import type { ChildSa } from '../../sa/child-sa.ts';
import { inboundSa, outboundSa } from '../../sa/child-sa.ts';
import type { ChildSaView, IkeSaView } from '../common/view.ts';
import type { IkeSaV2, Phase } from './state.ts';

/** What may be seen of an IKE SA: everything but its keys. */
export function viewIkeSa(sa: IkeSaV2): IkeSaView {
  return {
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
    children: sa.children.map(viewChild),
    ...present('localId', sa.localId),
    ...present('remoteId', sa.remoteId),
    ...present('suite', sa.suite),
    ...present('establishedAt', sa.establishedAt?.wall),
    ...present('rekeyAt', sa.expiresAt?.wall),
  };
}

export function viewChild(child: ChildSa): ChildSaView {
  return {
    id: child.id,
    state: child.state,
    protocol: child.protocol,
    mode: child.mode,
    encap: child.encap,
    suite: child.suite,
    inbound: inboundSa(child),
    outbound: outboundSa(child),
    localSelectors: child.localSelectors,
    remoteSelectors: child.remoteSelectors,
    ...present('installedAt', child.installedAt?.wall),
  };
}

const STATES: { readonly [P in Phase]: IkeSaView['state'] } = {
  larval: 'connecting',
  'init-sent': 'connecting',
  'init-answered': 'connecting',
  'auth-sent': 'connecting',
  established: 'established',
  deleting: 'deleting',
  closed: 'deleting',
};

/** A property that is there only with a value. */
function present<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value });
}
