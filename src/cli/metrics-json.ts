/** A sample of a family, under its full name. */
export type MetricSample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export type MetricFamilyReport = {
  readonly name: string;
  readonly type: string;
  readonly unit: string | null;
  readonly help: string;
  readonly samples: readonly MetricSample[];
};

/** What OpenMetrics has in lines, as a list of families. */
export function metricsReport(text: string): { readonly families: readonly MetricFamilyReport[] } {
  const families: (MetricFamilyReport & { samples: MetricSample[] })[] = [];
  for (const line of text.split('\n')) {
    const [, word, name = '', rest = ''] = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line) ?? [];
    if (word === 'TYPE') families.push({ name, type: rest, unit: null, help: '', samples: [] });
    const family = families.at(-1);
    if (family === undefined) continue;
    if (word === 'UNIT' || word === 'HELP')
      families[families.length - 1] = { ...family, [word.toLowerCase()]: unescaped(rest) };
    const sample = sampleOf(line);
    if (sample !== undefined) family.samples.push(sample);
  }
  return { families };
}

function sampleOf(line: string): MetricSample | undefined {
  const [, name = '', labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (value === undefined) return undefined;
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, key = '', text = '']) => [key, unescaped(text)])),
    value: Number(value),
  };
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
