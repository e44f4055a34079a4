import type { ViciChildSa, ViciIkeSa, ViciNames, ViciUsage } from '../../control/vici/vici-api.ts';
import type { ChildSaView, IkeSaView } from '../../ike/common/view.ts';
import type { SaCounters } from '../../sa/data-plane.ts';
import { formatIdentity } from '../../sa/identity.ts';
import type { CounterLookup } from '../counters.ts';
import { viciAlgorithms } from './algorithm-names.ts';
import { viciSelector } from './selectors.ts';

export type NamesOf = (tunnel: string) => ViciNames;

/** What a view is shown with. */
export type Showing = {
  readonly names: NamesOf;
  readonly countersOf: CounterLookup;
  /** Whether the tunnel's IKE SA is authenticated anew at the end of its time, and not rekeyed. */
  readonly reauthenticates: (tunnel: string) => boolean;
};

/**
 * The IKE SAs with their Child SAs. In IKEv1 a Child SA outlives the IKE SA that made it: it is shown with the one that its
 * tunnel has now.
 */
export function viciIkeSas(
  views: readonly IkeSaView[],
  children: readonly ChildSaView[],
  showing: Showing,
): ViciIkeSa[] {
  const homes = new Map<number, ChildSaView[]>();
  const makers = new Map(views.map((view) => [view.id, view]));
  for (const child of children) {
    const home = homeOf(child, makers.get(child.ikeSa), views);
    const others = home === undefined ? undefined : homes.get(home);
    if (others !== undefined) others.push(child);
    else if (home !== undefined) homes.set(home, [child]);
  }
  return views.flatMap((view) => viciIkeSa(view, homes.get(view.id) ?? [], showing) ?? []);
}

function homeOf(
  { tunnel }: ChildSaView,
  maker: IkeSaView | undefined,
  views: readonly IkeSaView[],
): number | undefined {
  if (maker?.state === 'established' || maker?.version === 2) return maker.id;
  const present = views.findLast((view) => view.tunnel === tunnel && view.state === 'established');
  return (present ?? maker)?.id;
}

/** Undefined before it is known whose it is: then nothing has been proven. */
export function viciIkeSa(view: IkeSaView, children: readonly ChildSaView[], showing: Showing): ViciIkeSa | undefined {
  if (view.tunnel === undefined) return undefined;
  const { tunnel, nat, suite, rekeyAt } = view;
  const reauthenticates = showing.reauthenticates(tunnel);
  return {
    connection: showing.names(tunnel).connection,
    uniqueId: view.id,
    version: view.version,
    state: IKE_STATES[view.state],
    local: view.local,
    remote: view.remote,
    localId: view.localId === undefined ? undefined : formatIdentity(view.localId),
    remoteId: view.remoteId === undefined ? undefined : formatIdentity(view.remoteId),
    initiator: view.role === 'initiator',
    initiatorSpi: view.initiatorSpi,
    responderSpi: view.responderSpi,
    nat: { local: nat.local && nat.forced !== true, remote: nat.remote, faked: nat.forced === true },
    algorithms: suite === undefined ? undefined : viciAlgorithms(suite),
    establishedAt: view.establishedAt,
    rekeyAt: reauthenticates ? undefined : rekeyAt,
    reauthAt: reauthenticates ? rekeyAt : undefined,
    ppk: view.ppk === true,
    tasks: tasksOf(view, children),
    children: children.map((child) => viciChildSa(child, showing)),
    tunnels: [...new Set([tunnel, ...children.map((child) => child.tunnel)])],
  };
}

export function viciChildSa(child: ChildSaView, { names, countersOf }: Showing): ViciChildSa {
  return {
    name: names(child.tunnel).child,
    tunnel: child.tunnel,
    uniqueId: uniqueIdOf(child.id),
    reqid: child.reqid,
    state: CHILD_STATES[child.state],
    mode: child.mode === 'tunnel' ? 'TUNNEL' : 'TRANSPORT',
    protocol: child.protocol === 'esp' ? 'ESP' : 'AH',
    encap: child.encap,
    spiIn: hexSpi(child.inbound.spi),
    spiOut: hexSpi(child.outbound.spi),
    algorithms: viciAlgorithms(child.suite),
    inbound: usage(countersOf(child.inbound)),
    outbound: usage(countersOf(child.outbound)),
    rekeyAt: child.rekeyAt,
    endsAt: child.endsAt,
    installedAt: child.installedAt,
    localTs: child.localSelectors.map(viciSelector),
    remoteTs: child.remoteSelectors.map(viciSelector),
  };
}

const IKE_STATES: Readonly<Record<IkeSaView['state'], ViciIkeSa['state']>> = {
  connecting: 'CONNECTING',
  established: 'ESTABLISHED',
  rekeyed: 'REKEYED',
  deleting: 'DELETING',
};

/** What drains is what charon calls deleted: the peer has it no longer. */
const CHILD_STATES: Readonly<Record<ChildSaView['state'], ViciChildSa['state']>> = {
  installing: 'INSTALLING',
  installed: 'INSTALLED',
  rekeying: 'REKEYING',
  rekeyed: 'REKEYED',
  deleting: 'DELETED',
};

/** What can be seen from outside of what is under way, in charon's words. */
function tasksOf({ state, version }: IkeSaView, children: readonly ChildSaView[]): ViciIkeSa['tasks'] {
  const rekeying = children.some((child) => child.state === 'rekeying');
  const rekey = version === 2 ? 'CHILD_REKEY' : 'QUICK_MODE';
  const end = version === 2 ? 'IKE_DELETE' : 'ISAKMP_DELETE';
  return { queued: [], active: [...(rekeying ? [rekey] : []), ...(state === 'deleting' ? [end] : [])], passive: [] };
}

/** An id is `<tunnel>#<n>`, and the numbers are unique by themselves. */
export function uniqueIdOf(child: string): number {
  return Number(child.slice(child.lastIndexOf('#') + 1));
}

function usage(counters: SaCounters | undefined): ViciUsage {
  return {
    bytes: counters?.bytes ?? 0,
    packets: counters?.packets ?? 0,
    lastUsedAt: counters?.packets === 0 ? undefined : counters?.lastUsedAt,
  };
}

function hexSpi(spi: number): string {
  return spi.toString(16).padStart(8, '0');
}
