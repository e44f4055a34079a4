import type { ViciSection } from './message.ts';
import { textOf } from './section.ts';
import type { Selection, ViciChildSa, ViciIkeSa, ViciTunnel } from './vici-api.ts';

/** Undefined where it names nothing. */
export function selectionOf(request: ViciSection): Selection | undefined {
  const [ike, ikeId, child, childId] = ['ike', 'ike-id', 'child', 'child-id'].map((key) => textOf(request, key));
  const named = [ike, ikeId, child, childId].some((value) => value !== undefined);
  return named ? { ike, ikeId, child, childId } : undefined;
}

export function meansChildren({ child, childId }: Selection): boolean {
  return child !== undefined || childId !== undefined;
}

/** The IKE SAs that are meant, whatever is said of Child SAs; those that are going already only where they are wanted. */
export function selectIkeSas(
  ikeSas: readonly ViciIkeSa[],
  { ike, ikeId }: Selection,
  { going = false } = {},
): ViciIkeSa[] {
  return ikeSas.filter(
    ({ connection, uniqueId, state }) =>
      isSame(ike, connection) && isSame(ikeId, uniqueId) && (going || state !== 'DELETING') && state !== 'REKEYED',
  );
}

/** The Child SAs that are meant; those that are not going already. */
export function selectChildren(ikeSas: readonly ViciIkeSa[], selection: Selection): ViciChildSa[] {
  return ikeSas
    .filter(({ connection, uniqueId }) => isSame(selection.ike, connection) && isSame(selection.ikeId, uniqueId))
    .flatMap(({ children }) => children)
    .filter(
      ({ name, uniqueId, state }) =>
        isSame(selection.child, name) &&
        isSame(selection.childId, uniqueId) &&
        (state === 'INSTALLED' || state === 'REKEYING'),
    );
}

/** The first child of that name, as with charon; without a name all children of the connection. */
export function selectTunnels(
  tunnels: readonly ViciTunnel[],
  ike: string | undefined,
  child: string | undefined,
): ViciTunnel[] {
  const found = tunnels.filter((tunnel) => isSame(ike, tunnel.connection) && isSame(child, tunnel.child));
  return child === undefined ? found : found.slice(0, 1);
}

function isSame(wanted: string | undefined, value: string | number): boolean {
  return wanted === undefined || wanted === String(value);
}
