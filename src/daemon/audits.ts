import { MINUTE } from '../base/time.ts';
import type { DataPlaneEvent, SaKey } from '../sa/data-plane.ts';

export type Audited = {
  /** What of ours is missing in the data plane; policies are put back at once. */
  audit(): { readonly lostSas: readonly SaKey[]; readonly repairedPolicies: number };
};

export type Audit = {
  readonly dataPlane: Audited;
  readonly onEvent: (event: DataPlaneEvent) => void;
  readonly onRepair: (text: string) => void;
};

export type AuditOptions = Audit & { readonly onBug: (error: unknown) => void };

/** How long something that another program removed may stay missing. */
const INTERVAL = MINUTE;

/** Looks regularly whether what we installed is still there. Returns the way to end it. */
export function startAudits(options: AuditOptions): () => void {
  const timer = setInterval(() => {
    try {
      auditOnce(options);
    } catch (error) {
      options.onBug(error);
    }
  }, INTERVAL);
  timer.unref();
  return () => clearInterval(timer);
}

/** An SA that is gone has ended for its tunnel, whoever removed it; the tunnel starts over. */
export function auditOnce({ dataPlane, onEvent, onRepair }: Audit): void {
  const { lostSas, repairedPolicies } = dataPlane.audit();
  for (const sa of lostSas) onEvent({ kind: 'expire', sa, hard: true });
  const lost = [count(lostSas.length, 'SA'), count(repairedPolicies, 'policy', 'policies')]
    .filter(Boolean)
    .join(' and ');
  if (lost !== '') onRepair(`somebody else has removed ${lost} of ours from the kernel; repaired`);
}

function count(number: number, one: string, many = `${one}s`): string {
  return number === 0 ? '' : `${number} ${number === 1 ? one : many}`;
}
