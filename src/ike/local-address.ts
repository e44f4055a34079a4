import type { OwnAddresses } from './common/own-addresses.ts';
import type { CoreState } from './core-state.ts';
import type { IkeSa } from './ike-sa.ts';
import { doWork } from './machines.ts';
import type { Run } from './run.ts';
import { resetTrap } from './traps.ts';
import { onOwnAddresses } from './v1/tunnel.ts';

/** Run `action` within the error boundary of an IKE SA, or of a tunnel. */
export type Boundaries = {
  readonly ofIkeSa: (sa: IkeSa, action: () => void) => void;
  readonly ofTunnel: (tunnel: string, action: () => void) => void;
};

/** Brings all tunnels of a gateway to where this machine is now. The policies of the run name the new address already. */
export function followOwnAddresses(
  run: Run,
  state: CoreState,
  { gateway, own }: { readonly gateway: string; readonly own: OwnAddresses },
  { ofIkeSa, ofTunnel }: Boundaries,
): void {
  for (const policy of [...run.policies.ofGateway(gateway)]) {
    for (const id of [...(state.byTunnel.get(policy.name) ?? [])]) {
      const sa = state.ikeSas.get(id);
      // Those that several tunnels share move once.
      if (sa?.version === 2 && sa.tunnel === policy.name)
        ofIkeSa(sa, () => doWork(run, sa, { kind: 'own-addresses', own }));
    }
    ofTunnel(policy.name, () => {
      onOwnAddresses(run, policy.name, own);
      resetTrap(run, state, policy);
    });
  }
}
