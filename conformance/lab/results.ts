/** One line of results.jsonl. */
export type Result = {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly seconds: number;
  /** The first failed expectation, or why it was skipped. */
  readonly reason?: string;
};

/** A directory name for a scenario's logs. */
export function directoryOf(name: string): string {
  return name.replace(/\//g, '__');
}
