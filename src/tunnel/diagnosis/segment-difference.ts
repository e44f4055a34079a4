/** Segments of both ends, as one of them sees it. */
export type Segments = { readonly local: readonly string[]; readonly remote: readonly string[] };

/** How what the peer says differs from what is configured here. Both are seen from this end. */
export function segmentDifference(here: Segments, there: Segments): string {
  if (sameSet(here.local, there.remote) && sameSet(here.remote, there.local))
    return `the two sides are swapped: the peer has ${list(here.local)} for its own segments, which are ours`;
  const parts = [sideText('local', here.local, there.local), sideText('remote', here.remote, there.remote)];
  const text = parts.filter(Boolean).join('; ');
  return text === '' ? 'each segment is there at both ends, but not as one pair' : text;
}

function sideText(side: 'local' | 'remote', here: readonly string[], there: readonly string[]): string {
  const unknown = there.filter((segment) => !here.includes(segment));
  const absent = here.filter((segment) => !there.includes(segment));
  if (unknown.length === 0) return '';
  const whose = side === 'local' ? 'our end' : 'its own end';
  return `for ${whose} the peer has ${list(unknown)}, and ${side}.subnets has ${list(absent.length === 0 ? here : absent)}`;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
