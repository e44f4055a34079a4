/** One line of results.jsonl. */
export type Result = {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly seconds: number;
  /** The first failed expectation, or why it was skipped. */
  readonly reason?: string;
};

/**
 * What a worker's file tells of these scenarios: it may be of a worker that ran others on another kernel before. A line that
 * is just being written is not there yet.
 */
export function resultsIn(text: string, wanted: ReadonlySet<string>): Result[] {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Result)
    .filter(({ name }) => wanted.has(name));
}

/** A directory name for a scenario's logs. */
export function directoryOf(name: string): string {
  return name.replace(/\//g, '__');
}
