import { isAbsolute, join, parse, sep } from 'node:path';
import type { ConfigurationHost } from './host.ts';

/**
 * The files that an include pattern stands for, in alphabetical order. `*` and `?` match within one path component,
 * and not a leading dot. A pattern with wildcards may match nothing; one without stands for itself, there or not.
 */
export function expandPattern(pattern: string, directory: string, host: ConfigurationHost): string[] {
  const start = isAbsolute(pattern) ? parse(pattern).root : directory;
  const components = pattern.split(sep).filter((component) => component !== '');
  return components.reduce<string[]>(
    (bases, component) => bases.flatMap((base) => expandComponent(base, component, host)),
    [start],
  );
}

function expandComponent(base: string, component: string, host: ConfigurationHost): string[] {
  if (!/[*?]/.test(component)) return [join(base, component)];
  return namesIn(base, host)
    .filter((name) => matchesWildcard(name, component) && (!name.startsWith('.') || component.startsWith('.')))
    .toSorted()
    .map((name) => join(base, name));
}

function namesIn(directory: string, host: ConfigurationHost): readonly string[] {
  try {
    return host.listDirectory(directory === '' ? '.' : directory);
  } catch {
    return [];
  }
}

/** Greedy with one point to return to, so that no pattern takes more than length x length steps. */
function matchesWildcard(name: string, pattern: string): boolean {
  let [at, atPattern, star, resume] = [0, 0, -1, 0];
  while (at < name.length) {
    if (pattern[atPattern] === '*') {
      star = atPattern++;
      resume = at;
    } else if (pattern[atPattern] === '?' || pattern[atPattern] === name[at]) {
      at++;
      atPattern++;
    } else if (star >= 0) {
      at = ++resume;
      atPattern = star + 1;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(atPattern));
}
