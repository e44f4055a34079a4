import type { Entropy } from '../base/entropy.ts';
import type { Configuration } from '../config/configuration.ts';
import { UserspaceDataPlane } from '../esp/userspace-data-plane.ts';
import type { DataPlaneCapabilities } from '../sa/data-plane.ts';
import { XfrmDataPlane } from '../xfrm/xfrm-data-plane.ts';
import type { DataPlane } from './data-plane.ts';
import type { EspInUdp } from './ike-sockets.ts';
import { startFailureText } from './start-failure.ts';

/** A data plane that is open, before the IKE ports are. */
export type OpenDataPlane = DataPlane & {
  /** To be called once the IKE ports are ours. How many SAs of a killed run were removed. */
  begin(): number;
};

export type ChosenDataPlane = {
  readonly name: 'kernel' | 'userspace';
  readonly dataPlane: OpenDataPlane;
  readonly capabilities: DataPlaneCapabilities;
  readonly espInUdp: EspInUdp;
  /** For the log. */
  readonly why: string;
};

export type DataPlaneOpeners = {
  readonly kernel: () => OpenDataPlane & { capabilities(): DataPlaneCapabilities };
  readonly userspace: () => OpenDataPlane & { capabilities(): DataPlaneCapabilities; readonly mark: number };
};

/**
 * Opens what the configuration asks for. `auto` is the kernel where it takes an SA on trial, else userspace; where
 * that cannot be had either, it stays with the kernel, whose refusals then show in the tunnels.
 * @throws Error, NativeError where what is asked for cannot be had
 */
export function chooseDataPlane(wanted: Configuration['dataplane'], openers: DataPlaneOpeners): ChosenDataPlane {
  if (wanted === 'userspace') return userspace(openers, 'as configured');
  if (wanted === 'kernel') return kernel(openers, 'as configured');
  const { chosen, reason } = tryKernel(openers);
  if (reason === undefined && chosen !== undefined) return chosen;
  try {
    const instead = userspace(openers, `as ${reason}`);
    chosen?.dataPlane.close();
    return instead;
  } catch (error) {
    if (chosen === undefined) throw error;
    return { ...chosen, why: `as userspace cannot be had: ${startFailureText(error)}` };
  }
}

/** `onCrash` is told when a thread that carries packets has ended by itself. */
export function dataPlaneOpeners(entropy: Entropy, onCrash: (error: Error) => void): DataPlaneOpeners {
  return { kernel: () => XfrmDataPlane.open(), userspace: () => UserspaceDataPlane.open({ entropy, onCrash }) };
}

/** `reason`: why it will not do. */
function tryKernel(openers: DataPlaneOpeners): { readonly chosen?: ChosenDataPlane; readonly reason?: string } {
  try {
    const chosen = kernel(openers, 'the kernel took ESP on trial');
    const { esp } = chosen.capabilities.unavailable;
    return esp === undefined ? { chosen } : { chosen, reason: esp };
  } catch (error) {
    return { reason: startFailureText(error) };
  }
}

function kernel(openers: DataPlaneOpeners, why: string): ChosenDataPlane {
  const dataPlane = openers.kernel();
  try {
    return { name: 'kernel', dataPlane, capabilities: dataPlane.capabilities(), espInUdp: { taker: 'kernel' }, why };
  } catch (error) {
    dataPlane.close();
    throw error;
  }
}

function userspace(openers: DataPlaneOpeners, why: string): ChosenDataPlane {
  const dataPlane = openers.userspace();
  const espInUdp = { taker: 'userspace', mark: dataPlane.mark } as const;
  return { name: 'userspace', dataPlane, capabilities: dataPlane.capabilities(), espInUdp, why };
}
