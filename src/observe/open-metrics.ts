/** A label's value stands for itself; the writer escapes it. */
export type Labels = Readonly<Record<string, string | number>>;

/** `suffix` is what the sample's name has behind that of its family, such as `_bucket`. */
export type Sample = { readonly labels?: Labels; readonly value: number; readonly suffix?: string };

export type MetricFamily = {
  /** Without the `_total` that samples of a counter have. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'info';
  readonly help: string;
  /** The last word of the name, where it is one. */
  readonly unit?: 'bytes' | 'seconds';
  readonly samples: readonly Sample[];
};

/** The text format of OpenMetrics 1.0, which Prometheus reads. */
export function openMetricsText(families: readonly MetricFamily[]): string {
  return [...families.flatMap(familyLines), '# EOF', ''].join('\n');
}

function familyLines({ name, type, help, unit, samples }: MetricFamily): string[] {
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples.map(({ labels = {}, value, suffix = SUFFIX[type] }) => `${name}${suffix}${labelText(labels)} ${value}`),
  ];
}

const SUFFIX: Readonly<Record<MetricFamily['type'], string>> = {
  counter: '_total',
  gauge: '',
  histogram: '',
  info: '_info',
};

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
