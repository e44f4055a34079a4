import type { TunnelChange } from '../config/diff.ts';
import type { ShuntChange } from '../config/diff-shunts.ts';
import type { PlanAction, PlanReport, ShuntPlan, TunnelPlan } from '../control/plan-shapes.ts';
import type { Proposal } from './configuration-store.ts';

/** What a proposal would do, or has done, as the control API tells it. */
export function planReport(
  changes: readonly TunnelChange[],
  shunts: readonly ShuntChange[],
  { replacements, warnings }: Proposal,
): PlanReport {
  return {
    tunnels: changes.map(tunnelPlan),
    shunts: shunts.map(shuntPlan),
    files: replacements.map(({ path }) => path),
    warnings,
  };
}

/** `idc: reconnect (psk)`, for those that are touched at all; shunts after the tunnels. */
export function changesText(changes: readonly TunnelChange[], shunts: readonly ShuntChange[]): string {
  const touched = changes.map(tunnelPlan).filter(({ action }) => action !== 'none');
  const texts = touched.map(({ tunnel, action, keys }) => {
    return `${tunnel}: ${action}${keys.length === 0 ? '' : ` (${keys.join(', ')})`}`;
  });
  const all = [...texts, ...shunts.map(shuntPlan).map(({ shunt, action }) => `shunt ${shunt}: ${action}`)];
  return all.length === 0 ? 'no tunnel differs' : all.join('; ');
}

function shuntPlan({ shunt, change }: ShuntChange): ShuntPlan {
  return { shunt, action: SHUNT_ACTIONS[change] };
}

const SHUNT_ACTIONS = { added: 'create', changed: 'update', removed: 'delete' } as const;

function tunnelPlan(change: TunnelChange): TunnelPlan {
  const { tunnel, was, keys, renew, addedPairs, droppedPairs } = change;
  // Who starts over gets all of it anew.
  const details = change.reconnect ? NO_DETAILS : { rekey: renew, addedPairs, droppedPairs };
  return { tunnel, was: was ?? null, action: actionOf(change), keys, ...details };
}

const NO_DETAILS = { rekey: [], addedPairs: [], droppedPairs: [] } as const;

function actionOf({ change, reconnect, was }: TunnelChange): PlanAction {
  if (change === 'added') return 'create';
  if (change === 'removed') return 'delete';
  if (reconnect) return 'reconnect';
  if (change === 'changed') return 'update';
  return was === undefined ? 'none' : 'rename';
}
