import type { PrimitiveKind, PrimitiveName } from './known-answer-test.ts';
import { knownAnswerFault } from './known-answer-test.ts';
import { nodeProvider } from './node-provider.ts';
import { portableProvider } from './portable.ts';
import type { Provider } from './provider.ts';

/** In order of preference: node:crypto is the faster one nearly everywhere (docs/dependencies.md), and constant-time. */
const PROVIDERS: readonly Provider[] = [nodeProvider, portableProvider];

/** A fact about this process: which implementation gave the known answer, by kind and name. */
const CHOSEN = new Map<PrimitiveKind, Map<string, Provider>>();

/**
 * The implementation to use for a primitive: the first one that gives the known answer. The test runs once, when the
 * primitive is first used.
 *
 * @throws RangeError where none does; `selfTest` tells beforehand, so that such an algorithm is never negotiated.
 */
export function workingProvider<Kind extends PrimitiveKind>(kind: Kind, name: PrimitiveName<Kind>): Provider {
  const chosen = CHOSEN.get(kind)?.get(name);
  if (chosen !== undefined) return chosen;
  const found = firstWorkingProvider(kind, name);
  if ('reason' in found) throw new RangeError(`no working implementation of ${name}: ${found.reason}`);
  const ofKind = CHOSEN.get(kind) ?? new Map<string, Provider>();
  CHOSEN.set(kind, ofKind.set(name, found.provider));
  return found.provider;
}

/** The first of `providers` that gives the known answer, or what went wrong with each. */
export function firstWorkingProvider<Kind extends PrimitiveKind>(
  kind: Kind,
  name: PrimitiveName<Kind>,
  providers: readonly Provider[] = PROVIDERS,
): { readonly provider: Provider } | { readonly reason: string } {
  const faults: string[] = [];
  for (const provider of providers) {
    const fault = knownAnswerFault(provider, kind, name);
    if (fault === undefined) return { provider };
    faults.push(`${provider.name}: ${fault}`);
  }
  return { reason: faults.join('; ') };
}
