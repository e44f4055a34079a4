import type { TunnelChange } from '../config/diff.ts';
import type { PlanAction, PlanReport, TunnelPlan } from '../control/plan-shapes.ts';
import type { Proposal } from './configuration-store.ts';

/** What a proposal would do, or has done, as the control API tells it. */
export function planReport(changes: readonly TunnelChange[], { replacements, warnings }: Proposal): PlanReport {
  return { tunnels: changes.map(tunnelPlan), files: replacements.map(({ path }) => path), warnings };
}

/** `idc: reconnect (psk)`, for those that are touched at all. */
export function changesText(changes: readonly TunnelChange[]): string {
  const touched = changes.map(tunnelPlan).filter(({ action }) => action !== 'none');
  const texts = touched.map(({ tunnel, action, keys }) => {
    return `${tunnel}: ${action}${keys.length === 0 ? '' : ` (${keys.join(', ')})`}`;
  });
  return texts.length === 0 ? 'no tunnel differs' : texts.join('; ');
}

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
