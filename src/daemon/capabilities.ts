import { SECOND } from '../base/time.ts';
import { ENCRYPTION, INTEGRITY, KEY_EXCHANGE } from '../crypto/algorithms.ts';
import { KeyExchangeTests, symmetricSelfTest } from '../crypto/self-test.ts';
import type { DataPlaneCapabilities } from '../sa/data-plane.ts';
import type { Capabilities } from '../sa/proposal.ts';

export type ProbedCapabilities = {
  readonly capabilities: Capabilities;
  /** What of key exchanges works is found out when they are first asked for. */
  readonly keyExchanges: KeyExchangeTests;
  /** One sentence for the operator about each thing that this machine cannot do. */
  readonly shortcomings: readonly string[];
};

/**
 * What this machine can do: IKE's own algorithms by the known-answer self-test, ESP and AH by what the data plane took on
 * trial.
 */
export function probeCapabilities(kernel: DataPlaneCapabilities): ProbedCapabilities {
  const { working, failures } = symmetricSelfTest();
  const keyExchanges = new KeyExchangeTests();
  return {
    keyExchanges,
    capabilities: { ike: { ...working, keyExchange: keyExchanges }, esp: espOffer(kernel), ah: ahOffer(kernel) },
    shortcomings: [
      ...failures.map(failureText),
      ...missing('ESP', kernel.unavailable.esp, kernel.esp.encryption, ENCRYPTION),
      ...missing('ESP', kernel.unavailable.esp, kernel.esp.integrity, INTEGRITY),
      ...missing('AH', kernel.unavailable.ah, kernel.ah.integrity, INTEGRITY),
      ...Object.values(kernel.unavailable).map((reason) => `${reason}; tunnels that need it will fail`),
    ],
  };
}

/**
 * Tests the key exchanges that nobody has asked for yet, one at a time, for the operator who wants to know before somebody
 * does. Returns the way to end it.
 */
export function testWhenIdle(keyExchanges: KeyExchangeTests, onShortcoming: (text: string) => void): () => void {
  const left = KEY_EXCHANGE.map(({ keyword }) => keyword);
  const timer = setInterval(() => {
    const keyword = left.shift();
    if (keyword !== undefined) keyExchanges.includes(keyword);
    if (left.length > 0) return;
    clearInterval(timer);
    for (const failure of keyExchanges.failures) onShortcoming(failureText(failure));
  }, PAUSE);
  timer.unref();
  return () => clearInterval(timer);
}

/** One of them takes up to 50 ms: there is time for everything else between two. */
const PAUSE = SECOND;

function failureText({ algorithm, reason }: { readonly algorithm: string; readonly reason: string }): string {
  return `${algorithm} failed its self-test and is not offered: ${reason}`;
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
