import type { EncryptionKeyword, IntegrityKeyword, KeyExchangeKeyword, PrfKeyword } from './algorithms.ts';
import { ENCRYPTION, INTEGRITY, integrityAlgorithm, KEY_EXCHANGE, PRF, prfAlgorithm } from './algorithms.ts';
import { workingProvider } from './working-provider.ts';

type WorkingAlgorithms = {
  readonly encryption: readonly EncryptionKeyword[];
  readonly integrity: readonly IntegrityKeyword[];
  readonly prf: readonly PrfKeyword[];
  readonly keyExchange: readonly KeyExchangeKeyword[];
};

type Failure = { readonly algorithm: string; readonly reason: string };

export type SelfTestReport<Kinds extends keyof WorkingAlgorithms = keyof WorkingAlgorithms> = {
  readonly working: Pick<WorkingAlgorithms, Kinds>;
  readonly failures: readonly Failure[];
};

/**
 * A known-answer test of every algorithm of the tables, about 0.1 s in all. What has no working implementation here
 * is listed as a failure and must be neither offered nor accepted.
 */
export function selfTest(provide: typeof workingProvider = workingProvider): SelfTestReport {
  const { working, failures } = symmetricSelfTest(provide);
  const exchanges = new KeyExchangeTests(provide);
  const keyExchange = KEY_EXCHANGE.map(({ keyword }) => keyword).filter((keyword) => exchanges.includes(keyword));
  return { working: { ...working, keyExchange }, failures: [...failures, ...exchanges.failures] };
}

/** The same of all but key exchanges, which takes a few milliseconds. */
export function symmetricSelfTest(
  provide: typeof workingProvider = workingProvider,
): SelfTestReport<'encryption' | 'integrity' | 'prf'> {
  const failures: Failure[] = [];
  const working = <Keyword extends string>(
    rows: readonly { readonly keyword: Keyword }[],
    test: (keyword: Keyword) => unknown,
  ): Keyword[] =>
    rows.flatMap(({ keyword }) => {
      const reason = faultOf(() => test(keyword));
      if (reason === undefined) return [keyword];
      failures.push({ algorithm: keyword, reason });
      return [];
    });
  return {
    working: {
      encryption: working(ENCRYPTION, (keyword) => provide('encryption', keyword)),
      integrity: working(INTEGRITY, (keyword) => provide('hmac', integrityAlgorithm(keyword).hash)),
      prf: working(PRF, (keyword) => provide('hmac', prfAlgorithm(keyword).hash)),
    },
    failures,
  };
}

/**
 * Which key exchanges work here, each tested when it is asked about for the first time, so before it is offered or
 * accepted: together they would take half of the time that the daemon needs to start.
 */
export class KeyExchangeTests {
  readonly #provide: typeof workingProvider;
  readonly #faults = new Map<KeyExchangeKeyword, string | undefined>();

  constructor(provide: typeof workingProvider = workingProvider) {
    this.#provide = provide;
  }

  includes(keyword: KeyExchangeKeyword): boolean {
    if (!this.#faults.has(keyword))
      this.#faults.set(
        keyword,
        faultOf(() => this.#provide('keyExchange', keyword)),
      );
    return this.#faults.get(keyword) === undefined;
  }

  /** Of those that have been tested. */
  get failures(): readonly Failure[] {
    return [...this.#faults].flatMap(([algorithm, reason]) => (reason === undefined ? [] : [{ algorithm, reason }]));
  }
}

function faultOf(test: () => unknown): string | undefined {
  try {
    test();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
