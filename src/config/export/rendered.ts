/** What a format makes of a tunnel. Everything but `lines` becomes comments at the top of the file. */
export type Rendered = {
  /** What the device cannot do: with it, the tunnel as it is configured will not come up. */
  readonly obstacles: readonly string[];
  /** What whoever pastes it has to know, and what differs without harm. */
  readonly notes: readonly string[];
  readonly lines: readonly string[];
};

/** Sentences for what is true of a tunnel; a table of them reads better than a ladder of branches. */
export function whereTrue(...rows: readonly (readonly [boolean, string])[]): string[] {
  return rows.flatMap(([holds, sentence]) => (holds ? [sentence] : []));
}
