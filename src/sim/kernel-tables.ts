import type { Endpoint } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import { encryptionAlgorithm, integrityAlgorithm } from '../crypto/algorithms.ts';
import type { DataPlaneStep, PolicySpec, RouteSpec, SaAddresses, SaKey, SaSpec } from '../sa/data-plane.ts';
import { policyKey, routeKey, saKey } from '../sa/ledger.ts';

export type InstalledSa = {
  spec: SaSpec;
  readonly addedAt: Instant;
  bytes: number;
  packets: number;
  lastUsedAt: number | undefined;
};

/** `specs` by owner; the one added last is in force. */
export type Shared<Spec> = { readonly key: string; readonly specs: Map<string, Spec> };

type Undo = () => void;
export type StepOutcome =
  | { readonly done: true; readonly undo: Undo }
  | { readonly done: false; readonly operation: string; readonly algorithm?: string; readonly code: string };

/** The SAD, the SPD and the routes of one simulated kernel. Every change says how to take it back. */
export class KernelTables {
  readonly sas = new Map<string, InstalledSa>();
  /** Reserved SPIs, by the text of the SA key. */
  readonly larval = new Set<string>();
  /** Reqids for which the kernel has asked for an SA, as long as it does not ask again. */
  readonly acquiring = new Set<number>();
  readonly policies = new Map<string, Shared<PolicySpec>>();
  readonly routes = new Map<string, Shared<RouteSpec>>();

  apply(step: DataPlaneStep, now: Instant): StepOutcome {
    switch (step.kind) {
      case 'add-sa':
        return this.#addSa(step.sa, now);
      case 'move-sa':
        return this.#moveSa(step.sa, step.to);
      case 'remove-sa':
        return this.#removeSa(step.sa);
      case 'add-policy':
        return hold(this.policies, policyKey(step.policy), step.owner, step.policy);
      case 'remove-policy':
        return release(this.policies, policyKey(step.policy), step.owner);
      case 'add-route':
        return hold(this.routes, routeKey(step.route), step.owner, step.route);
      case 'remove-route':
        return release(this.routes, routeKey(step.route), step.owner);
    }
  }

  find(key: SaKey): InstalledSa | undefined {
    return this.sas.get(saKey(key));
  }

  #addSa(spec: SaSpec, now: Instant): StepOutcome {
    const key = saKey(spec);
    const refuse = (code: string): StepOutcome => ({
      done: false,
      operation: `add ${spec.protocol.toUpperCase()} SA`,
      algorithm: [spec.encryption, spec.integrity].filter((part) => part !== undefined).join('-'),
      code,
    });
    if (this.sas.has(key)) return refuse('EEXIST');
    // RFC 4303 §2.1 reserves 1..255; 0 never goes on the wire.
    if (!keysFit(spec) || spec.spi < 256 || spec.spi > 0xffff_ffff) return refuse('EINVAL');
    const wasLarval = this.larval.delete(key);
    this.sas.set(key, { spec, addedAt: now, bytes: 0, packets: 0, lastUsedAt: undefined });
    return done(() => {
      this.sas.delete(key);
      if (wasLarval) this.larval.add(key);
    });
  }

  #moveSa(key: SaKey, to: SaAddresses): StepOutcome {
    const found = this.find(key);
    if (found === undefined) return { done: false, operation: 'move SA', code: 'ESRCH' };
    const before = found.spec;
    const { encap: _, ...rest } = before;
    const after: SaSpec = { ...rest, ...to };
    if (saKey(after) !== saKey(before) && this.sas.has(saKey(after)))
      return { done: false, operation: 'move SA', code: 'EEXIST' };
    const place = (from: SaSpec, target: SaSpec) => {
      this.sas.delete(saKey(from));
      found.spec = target;
      this.sas.set(saKey(target), found);
    };
    place(before, after);
    return done(() => place(after, before));
  }

  #removeSa(key: SaKey): StepOutcome {
    const text = saKey(key);
    const found = this.sas.get(text);
    const wasLarval = this.larval.delete(text);
    this.sas.delete(text);
    return done(() => {
      if (found !== undefined) this.sas.set(text, found);
      if (wasLarval) this.larval.add(text);
    });
  }
}

/** The spec that is in force. */
export function inForce<Spec>(shared: Shared<Spec>): Spec | undefined {
  let last: Spec | undefined;
  for (const spec of shared.specs.values()) last = spec;
  return last;
}

export function endpointsOf(spec: SaSpec): { readonly from: Endpoint; readonly to: Endpoint } {
  return {
    from: { address: spec.source, port: spec.encap?.sourcePort ?? 0 },
    to: { address: spec.destination, port: spec.encap?.destinationPort ?? 0 },
  };
}

function keysFit(spec: SaSpec): boolean {
  const encryption = spec.encryption === undefined ? undefined : encryptionAlgorithm(spec.encryption);
  const integrity = spec.integrity === undefined ? undefined : integrityAlgorithm(spec.integrity);
  const encryptionBytes = encryption === undefined ? 0 : encryption.keyBits / 8 + encryption.saltBytes;
  const protectedAtAll = integrity !== undefined || encryption?.aeadIcvBytes !== undefined;
  return (
    protectedAtAll &&
    (spec.protocol === 'esp') === (encryption !== undefined) &&
    (spec.encryptionKey?.length ?? 0) === encryptionBytes &&
    (spec.integrityKey?.length ?? 0) === (integrity?.keyBytes ?? 0)
  );
}

function hold<Spec>(table: Map<string, Shared<Spec>>, key: string, owner: string, spec: Spec): StepOutcome {
  const shared = table.get(key) ?? { key, specs: new Map<string, Spec>() };
  const before = [...shared.specs];
  // Deleted first, so that the newest spec is the last of the map.
  shared.specs.delete(owner);
  shared.specs.set(owner, spec);
  table.set(key, shared);
  return done(() => restore(table, shared, before));
}

function release<Spec>(table: Map<string, Shared<Spec>>, key: string, owner: string): StepOutcome {
  const shared = table.get(key);
  if (shared === undefined) return done(() => {});
  const before = [...shared.specs];
  shared.specs.delete(owner);
  if (shared.specs.size === 0) table.delete(key);
  return done(() => restore(table, shared, before));
}

function restore<Spec>(
  table: Map<string, Shared<Spec>>,
  shared: Shared<Spec>,
  before: readonly (readonly [string, Spec])[],
): void {
  shared.specs.clear();
  for (const [owner, spec] of before) shared.specs.set(owner, spec);
  if (shared.specs.size === 0) table.delete(shared.key);
  else table.set(shared.key, shared);
}

function done(undo: Undo): StepOutcome {
  return { done: true, undo };
}
