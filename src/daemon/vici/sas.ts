import type { ViciChildSa, ViciIkeSa, ViciNames, ViciUsage } from '../../control/vici/vici-api.ts';
import type { ChildSaView, IkeSaView, TaskName } from '../../ike/common/view.ts';
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
 * The IKE SAs, the latest first, with their Child SAs in the order of their making, as charon has them. In IKEv1 a Child SA
 * outlives the IKE SA that made it: it is shown with the one that serves its tunnel now.
 */
export function viciIkeSas(
  views: readonly IkeSaView[],
  children: readonly ChildSaView[],
  showing: Showing,
): ViciIkeSa[] {
  const homes = new Map<number, ChildSaView[]>();
  const makers = new Map(views.map((view) => [view.id, view]));
  const present = new Map<string, number>();
  for (const view of views)
    if (view.state === 'established') for (const tunnel of tunnelsServedBy(view)) present.set(tunnel, view.id);
  for (const child of children) {
    const home = homeOf(child, makers.get(child.ikeSa), present);
    const others = home === undefined ? undefined : homes.get(home);
    if (others !== undefined) others.push(child);
    else if (home !== undefined) homes.set(home, [child]);
  }
  return views.toReversed().flatMap((view) => viciIkeSa(view, homes.get(view.id) ?? [], showing) ?? []);
}

function homeOf(
  { tunnel }: ChildSaView,
  maker: IkeSaView | undefined,
  present: ReadonlyMap<string, number>,
): number | undefined {
  if (maker?.state === 'established' || maker?.version === 2) return maker.id;
  return present.get(tunnel) ?? maker?.id;
}

/** None before it is known whose it is. */
export function tunnelsServedBy({ tunnel, guests = [] }: IkeSaView): readonly string[] {
  return tunnel === undefined ? guests : [tunnel, ...guests];
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
    tasks: tasksOf(view),
    children: children.map((child) => viciChildSa(child, showing)).sort((a, b) => a.uniqueId - b.uniqueId),
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

/** What is under way, in charon's words. */
function tasksOf({ tasks, state, version }: IkeSaView): ViciIkeSa['tasks'] {
  const words = TASKS[version];
  const named = (names: readonly TaskName[]) => names.flatMap((name) => words[name] ?? []);
  const { active = [], passive = [], queued = [] } = tasks ?? {};
  // IKEv1 waits for no answer: only the event of its end sees it.
  const ends = state === 'deleting' && !active.includes('delete-ike') ? named(['delete-ike']) : [];
  return { queued: named(queued), active: [...named(active), ...ends], passive: named(passive) };
}

const TASKS: { readonly [Version in 1 | 2]: { readonly [Name in TaskName]?: readonly string[] } } = {
  1: {
    'main-mode': ['MAIN_MODE'],
    'aggressive-mode': ['AGGRESSIVE_MODE'],
    'create-child': ['QUICK_MODE'],
    'rekey-child': ['QUICK_MODE'],
    'delete-ike': ['ISAKMP_DELETE'],
    liveness: ['ISAKMP_DPD'],
  },
  2: {
    'initial-exchanges': ['IKE_INIT', 'IKE_AUTH'],
    'rekey-ike': ['IKE_REKEY'],
    'create-child': ['CHILD_CREATE'],
    'rekey-child': ['CHILD_REKEY'],
    'delete-child': ['CHILD_DELETE'],
    'delete-ike': ['IKE_DELETE'],
    mobike: ['IKE_MOBIKE'],
    liveness: ['IKE_DPD'],
  },
};

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
