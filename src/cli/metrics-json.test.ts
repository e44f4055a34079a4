import { describe, expect, it } from 'vitest';
import { openMetricsText } from '../observe/open-metrics.ts';
import { metricsReport } from './metrics-json.ts';

describe('metrics as JSON', () => {
  it('have every family with its samples, and labels as they were', () => {
    const text = openMetricsText([
      {
        name: 'x_bytes',
        type: 'counter',
        unit: 'bytes',
        help: 'a "b"\nc',
        samples: [{ labels: { tunnel: 'a"b\\c\nd,e="f"', le: '+Inf' }, value: 1.5 }, { value: 2 }],
      },
      { name: 'y', type: 'gauge', help: 'none yet', samples: [] },
    ]);
    expect(metricsReport(text)).toEqual({
      families: [
        {
          name: 'x_bytes',
          type: 'counter',
          unit: 'bytes',
          help: 'a "b"\nc',
          samples: [
            { name: 'x_bytes_total', labels: { tunnel: 'a"b\\c\nd,e="f"', le: '+Inf' }, value: 1.5 },
            { name: 'x_bytes_total', labels: {}, value: 2 },
          ],
        },
        { name: 'y', type: 'gauge', unit: null, help: 'none yet', samples: [] },
      ],
    });
  });
});
