import { formatSelector } from '../sa/traffic-selector.ts';
import type { Configuration, Shunt } from './configuration.ts';

/** What a new configuration means for one shunt. */
export type ShuntChange = { readonly shunt: string; readonly change: 'added' | 'changed' | 'removed' };

/** The shunts that differ in what they do: those of `after` in its order, then those that are gone. */
export function diffShunts(
  before: Pick<Configuration, 'shunts'>,
  after: Pick<Configuration, 'shunts'>,
): readonly ShuntChange[] {
  const old = new Map(before.shunts.map((shunt) => [shunt.name, doing(shunt)]));
  const fresh = after.shunts.flatMap((shunt): ShuntChange[] => {
    const was = old.get(shunt.name);
    old.delete(shunt.name);
    if (was === undefined) return [{ shunt: shunt.name, change: 'added' }];
    return was === doing(shunt) ? [] : [{ shunt: shunt.name, change: 'changed' }];
  });
  return [...fresh, ...[...old.keys()].map((shunt): ShuntChange => ({ shunt, change: 'removed' }))];
}

function doing({ policy: { action, localSelectors, remoteSelectors, precedence, attributes } }: Shunt): string {
  const selectors = [localSelectors.map(formatSelector), remoteSelectors.map(formatSelector)];
  return JSON.stringify([action, selectors, precedence, attributes]);
}
