import type { SingleCommand } from './common/input.ts';
import type { CoreState } from './core-state.ts';
import type { IkeSa } from './ike-sa.ts';
import type { Boundaries } from './local-address.ts';
import { doWork } from './machines.ts';
import type { Run } from './run.ts';
import { endChildOnly, endIkeSa } from './v1/ending.ts';
import { onRekeyTimer } from './v1/replacement.ts';
import { replaceChild } from './v1/tunnel.ts';

/** What the operator wants of one SA alone: in IKEv2 the affair of an IKE SA, in IKEv1 of the tunnel. */
export function actOnOne(run: Run, state: CoreState, command: SingleCommand, { ofIkeSa, ofTunnel }: Boundaries): void {
  if (command.kind === 'rekey-ike' || command.kind === 'end-ike') {
    const sa = state.ikeSas.get(command.ikeSa);
    if (sa !== undefined) ofIkeSa(sa, () => actOnIkeSa(run, sa, command));
    return;
  }
  const child = run.childrenOf(command.tunnel).find(({ id }) => id === command.child);
  if (child === undefined) return;
  const sa = state.ikeSas.get(child.ikeSa);
  if (sa?.version !== 2)
    return ofTunnel(child.tunnel, () =>
      command.kind === 'rekey-child' ? replaceChild(run, child) : endChildOnly(run, child, command.reason),
    );
  const { id } = child;
  ofIkeSa(sa, () =>
    doWork(
      run,
      sa,
      command.kind === 'rekey-child'
        ? { kind: 'child-due', child: id }
        : { kind: 'end-child', child: id, reason: command.reason },
    ),
  );
}

function actOnIkeSa(
  run: Run,
  sa: IkeSa,
  command: Extract<SingleCommand, { readonly kind: 'rekey-ike' | 'end-ike' }>,
): void {
  if (command.kind === 'rekey-ike') {
    if (sa.version === 1) return onRekeyTimer(run, sa);
    const { tunnel } = sa;
    return doWork(run, sa, command.anew ? { kind: 'reauthenticate' } : { kind: 'rekey', tunnel, what: 'ike' });
  }
  if (sa.version === 1) return endIkeSa(run, sa, command.reason);
  doWork(run, sa, { kind: 'end', reason: command.reason, atOnce: command.atOnce });
}
