/** Names as our configuration has them, each given once. */
export class Names {
  readonly #taken = new Set<string>();

  /** The name itself where it may be one of ours, else the nearest to it. */
  take(wanted: string): string {
    const name = wanted.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'tunnel';
    for (let count = 1; ; count++) {
      const suffix = count === 1 ? '' : `-${count}`;
      const candidate = `${name.slice(0, MAX_NAME - suffix.length)}${suffix}`;
      if (this.#taken.has(candidate)) continue;
      this.#taken.add(candidate);
      return candidate;
    }
  }
}

const MAX_NAME = 63;
