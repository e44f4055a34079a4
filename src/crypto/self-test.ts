import type { EncryptionKeyword, IntegrityKeyword, KeyExchangeKeyword, PrfKeyword } from './algorithms.ts';
import { ENCRYPTION, INTEGRITY, integrityAlgorithm, KEY_EXCHANGE, PRF, prfAlgorithm } from './algorithms.ts';
import { workingProvider } from './working-provider.ts';

export type WorkingAlgorithms = {
  readonly encryption: readonly EncryptionKeyword[];
  readonly integrity: readonly IntegrityKeyword[];
  readonly prf: readonly PrfKeyword[];
  readonly keyExchange: readonly KeyExchangeKeyword[];
};

export type SelfTestReport = {
  readonly working: WorkingAlgorithms;
  readonly failures: readonly { readonly algorithm: string; readonly reason: string }[];
};

/**
 * A known-answer test of every algorithm of the tables, about 0.1 s in all. What has no working implementation here
 * is listed as a failure and must be neither offered nor accepted.
 */
export function selfTest(provide: typeof workingProvider = workingProvider): SelfTestReport {
  const failures: { algorithm: string; reason: string }[] = [];
  const working = <Keyword extends string>(
    rows: readonly { readonly keyword: Keyword }[],
    test: (keyword: Keyword) => unknown,
  ): Keyword[] =>
    rows.flatMap(({ keyword }) => {
      try {
        test(keyword);
        return [keyword];
      } catch (error) {
        failures.push({ algorithm: keyword, reason: error instanceof Error ? error.message : String(error) });
        return [];
      }
    });
  return {
    working: {
      encryption: working(ENCRYPTION, (keyword) => provide('encryption', keyword)),
      integrity: working(INTEGRITY, (keyword) => provide('hmac', integrityAlgorithm(keyword).hash)),
      prf: working(PRF, (keyword) => provide('hmac', prfAlgorithm(keyword).hash)),
      keyExchange: working(KEY_EXCHANGE, (keyword) => provide('keyExchange', keyword)),
    },
    failures,
  };
}
