import type {
  DataPlaneFailure,
  DataPlaneStep,
  PolicySpec,
  RouteSpec,
  SaAddresses,
  SaKey,
  SaSpec,
} from './data-plane.ts';
import { policyKey, routeSlot, saKey } from './ledger.ts';
import type { Outcome } from './outcome.ts';
import { UNCHANGED } from './outcome.ts';

/** The SAs of a data plane. */
export type SaStore = {
  /** In place of one that an SPI was reserved for. */
  add(sa: SaSpec): Outcome;
  /** `leftover` names what stays beside the moved SA, for removal once nothing can fail any more. */
  move(sa: SaKey, to: SaAddresses): { readonly outcome: Outcome; readonly leftover?: SaKey };
  /** Undefined where it is gone; that cannot be undone. */
  remove(sa: SaKey): DataPlaneFailure | undefined;
};

/** What several owners may hold, and what is there as long as one does: an owner that comes again replaces its own. */
type SharedStore<Spec> = {
  add(owner: string, spec: Spec): Outcome;
  remove(owner: string, spec: Spec): Outcome;
};

export type PolicyStore = SharedStore<PolicySpec>;
export type RouteStore = SharedStore<RouteSpec>;

/** What a data plane consists of. */
export type Stores = { readonly sad: SaStore; readonly spd: PolicyStore; readonly routes: RouteStore };

/**
 * Does the steps, all or nothing; undefined is success. Additions and moves are done in order; removals wait until
 * all of these have succeeded. So a policy gives way to another in one step instead of leaving a gap, and no SA need
 * be brought back from the dead. What cannot be undone, the deletion of SAs, is last of all. `settle` waits for what the
 * additions have only set off.
 */
export function applySteps(
  stores: Stores,
  steps: readonly DataPlaneStep[],
  settle: () => Outcome = () => UNCHANGED,
): DataPlaneFailure | undefined {
  const batch: Batch = { stores, removals: new Map(), vias: new Map() };
  const undos: (() => void)[] = [];
  const failure = runAll([...steps.map((step) => () => perform(step, batch)), settle], undos);
  if (failure !== undefined) return failure;
  const removals = [...batch.removals.values()];
  const ordered = [...removals.filter(({ of }) => of !== 'sa'), ...removals.filter(({ of }) => of === 'sa')];
  return runAll(
    ordered.map(({ run }) => run),
    undos,
  );
}

type Removal = { readonly of: 'sa' | 'policy' | 'route'; readonly run: () => Outcome };

type Batch = {
  readonly stores: Stores;
  /** By what they remove; a later addition of the same thing cancels one. */
  readonly removals: Map<string, Removal>;
  /** The peers of the routes added in this batch. */
  readonly vias: Map<string, string>;
};

function runAll(actions: readonly (() => Outcome)[], undos: (() => void)[]): DataPlaneFailure | undefined {
  for (const action of actions) {
    const outcome = action();
    if (!outcome.ok) {
      for (const undo of undos.reverse()) undo();
      return outcome.failure;
    }
    undos.push(outcome.undo);
  }
  return undefined;
}

function perform(step: DataPlaneStep, batch: Batch): Outcome {
  switch (step.kind) {
    case 'add-sa':
    case 'move-sa':
    case 'remove-sa':
      return performSa(step, batch);
    case 'add-policy':
    case 'remove-policy':
      return performPolicy(step, batch);
    case 'add-route':
    case 'remove-route':
      return performRoute(step, batch);
  }
}

function performSa(step: Extract<DataPlaneStep, { sa: unknown }>, batch: Batch): Outcome {
  const { sad } = batch.stores;
  const removeLater = (sa: SaKey) =>
    batch.removals.set(`sa ${saKey(sa)}`, { of: 'sa', run: () => toOutcome(sad.remove(sa)) });
  if (step.kind === 'remove-sa') {
    removeLater(step.sa);
    return UNCHANGED;
  }
  if (step.kind === 'move-sa') {
    const { outcome, leftover } = sad.move(step.sa, step.to);
    if (leftover !== undefined) removeLater(leftover);
    return outcome;
  }
  // One that is replaced under its own key has to make room first.
  const id = `sa ${saKey(step.sa)}`;
  const outcome = batch.removals.get(id)?.run();
  batch.removals.delete(id);
  return outcome?.ok === false ? outcome : sad.add(step.sa);
}

function performPolicy(step: Extract<DataPlaneStep, { policy: unknown }>, batch: Batch): Outcome {
  const { spd } = batch.stores;
  const { owner, policy } = step;
  const id = `policy ${policyKey(policy)} ${owner}`;
  if (step.kind === 'add-policy') {
    batch.removals.delete(id);
    return spd.add(owner, policy);
  }
  batch.removals.set(id, { of: 'policy', run: () => spd.remove(owner, policy) });
  return UNCHANGED;
}

function performRoute(step: Extract<DataPlaneStep, { route: unknown }>, batch: Batch): Outcome {
  const { routes } = batch.stores;
  const { owner, route } = step;
  const id = `route ${routeSlot(route)} ${owner}`;
  if (step.kind === 'add-route') {
    batch.removals.delete(id);
    batch.vias.set(id, route.via);
    return routes.add(owner, route);
  }
  // One by another peer than the one just added has been replaced by that.
  if ((batch.vias.get(id) ?? route.via) === route.via) {
    batch.removals.set(id, { of: 'route', run: () => routes.remove(owner, route) });
  }
  return UNCHANGED;
}

function toOutcome(failure: DataPlaneFailure | undefined): Outcome {
  return failure === undefined ? UNCHANGED : { ok: false, failure };
}
