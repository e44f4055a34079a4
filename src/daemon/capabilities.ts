import { ENCRYPTION, INTEGRITY } from '../crypto/algorithms.ts';
import { selfTest } from '../crypto/self-test.ts';
import type { DataPlaneCapabilities } from '../sa/data-plane.ts';
import type { Capabilities } from '../sa/proposal.ts';

export type ProbedCapabilities = {
  readonly capabilities: Capabilities;
  /** One sentence for the operator about each thing that this machine cannot do. */
  readonly shortcomings: readonly string[];
};

/**
 * What this machine can do: IKE's own algorithms by the known-answer self-test, ESP and AH by what the data plane took on
 * trial.
 */
export function probeCapabilities(kernel: DataPlaneCapabilities): ProbedCapabilities {
  const { working, failures } = selfTest();
  return {
    capabilities: { ike: working, esp: espOffer(kernel), ah: ahOffer(kernel) },
    shortcomings: [
      ...failures.map(({ algorithm, reason }) => `${algorithm} failed its self-test and is not offered: ${reason}`),
      ...missing('ESP', kernel.unavailable.esp, kernel.esp.encryption, ENCRYPTION),
      ...missing('ESP', kernel.unavailable.esp, kernel.esp.integrity, INTEGRITY),
      ...missing('AH', kernel.unavailable.ah, kernel.ah.integrity, INTEGRITY),
      ...Object.values(kernel.unavailable).map((reason) => `${reason}; tunnels that need it will fail`),
    ],
  };
}

/**
 * Where the protocol does not work at all, everything is offered: the tunnel then fails with the kernel's refusal,
 * which is the truth, and not with a proposal that nobody could have chosen.
 */
function espOffer({ esp, unavailable }: DataPlaneCapabilities): Capabilities['esp'] {
  if (unavailable.esp === undefined) return esp;
  return {
    encryption: ENCRYPTION.map(({ keyword }) => keyword),
    integrity: INTEGRITY.map(({ keyword }) => keyword),
  };
}

function ahOffer({ ah, unavailable }: DataPlaneCapabilities): Capabilities['ah'] {
  return unavailable.ah === undefined ? ah : { integrity: INTEGRITY.map(({ keyword }) => keyword) };
}

function missing(
  protocol: string,
  unavailable: string | undefined,
  present: readonly string[],
  rows: readonly { readonly keyword: string }[],
): string[] {
  if (unavailable !== undefined) return [];
  return rows
    .filter(({ keyword }) => !present.includes(keyword))
    .map(({ keyword }) => `the data plane has no ${keyword} for ${protocol}; it is not offered`);
}
