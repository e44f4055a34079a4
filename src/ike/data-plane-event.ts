import type { ChildSa } from '../sa/child-sa.ts';
import type { DataPlaneEvent } from '../sa/data-plane.ts';
import { endDrain } from './common/child-drain.ts';
import type { Work } from './common/work.ts';
import type { CoreState } from './core-state.ts';
import type { IkeSa } from './ike-sa.ts';
import type { Boundaries } from './local-address.ts';
import { doWork } from './machines.ts';
import type { Run } from './run.ts';
import { onChildEvent } from './v1/tunnel.ts';

/** What the data plane reports by itself, for the tunnel or the Child SA that it is about. */
export function onDataPlaneEvent(
  run: Run,
  state: CoreState,
  event: DataPlaneEvent,
  { ofIkeSa, ofTunnel }: Boundaries,
): void {
  if (event.kind === 'acquire') {
    const tunnel = run.index.trappedTunnel(event.reqid);
    const { source, destination } = event;
    if (tunnel !== undefined) run.emit({ type: 'traffic.waiting', tunnel, source, destination });
  }
  if (event.kind !== 'mapping' && event.kind !== 'expire') return;
  const child = run.index.childOf(event.sa);
  if (child === undefined) return;
  const sa = state.ikeSas.get(child.ikeSa);
  if (sa?.version === 2) return ofIkeSa(sa, () => tellIkeSa(run, sa, child, event));
  ofTunnel(child.tunnel, () =>
    child.state === 'deleting' ? tellDraining(run, child, event) : onChildEvent(run, child, event),
  );
}

type ChildEvent = Extract<DataPlaneEvent, { readonly kind: 'mapping' | 'expire' }>;

/** In IKEv2 a Child SA is its IKE SA's affair. */
function tellIkeSa(run: Run, sa: IkeSa, child: ChildSa, event: ChildEvent): void {
  const spent = event.kind === 'expire' && event.hard ? 'child-expired' : 'child-due';
  const work: Work =
    event.kind === 'mapping' ? { kind: 'peer-mapped', remote: event.from } : { kind: spent, child: child.id };
  doWork(run, sa, work);
}

/** Its IKE SA has ended, and the peer may have gone on: what is still let in says nothing of where it is now. */
function tellDraining(run: Run, child: ChildSa, event: ChildEvent): void {
  if (event.kind === 'expire' && event.hard) endDrain(run, child);
}
