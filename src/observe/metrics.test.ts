import { describe, expect, it } from 'vitest';
import type { TunnelStatus } from '../tunnel/status.ts';
import { EventCounts } from './event-counts.ts';
import { type MetricsSource, metricsText } from './metrics.ts';
import { openMetricsText } from './open-metrics.ts';
import { Usage } from './usage.ts';

const down: TunnelStatus = {
  name: 'idc',
  gateway: 'gw1',
  peer: 'dc',
  resourceStatus: 'running',
  connectionStatus: 'stage1Failure',
  reason: { code: 'no-response', text: 'no answer' },
  attempt: 3,
  nextAttemptAt: null,
  ike: null,
  children: [],
  pairs: { total: 1, up: 0, down: [{ local: '10.1.0.0/16', remote: '10.2.0.0/16' }] },
};

function source(changes: Partial<MetricsSource> = {}): MetricsSource {
  return {
    version: '0.1.0',
    startedAt: '2026-01-02T03:04:05.000Z',
    dataPlane: 'kernel',
    tunnels: [{ status: down, pairs: [{ local: '10.1.0.0/16', remote: '10.2.0.0/16', up: false, alone: false }] }],
    counts: new EventCounts(),
    usage: new Usage(),
    xfrmErrors: new Map([['XfrmInNoStates', 4]]),
    process: { cpuSeconds: 1.5, residentBytes: 60_000_000 },
    ...changes,
  };
}

const TUNNEL = '{gateway="gw1",tunnel="idc",peer="dc"}';

describe('the metrics', () => {
  it('have every series of a tunnel and of its pairs while it is down', () => {
    const lines = metricsText(source()).split('\n');
    for (const line of [
      `cygnet_tunnel_up${TUNNEL} 0`,
      `cygnet_tunnel_state{gateway="gw1",tunnel="idc",peer="dc",state="stage1Failure"} 1`,
      `cygnet_tunnel_state{gateway="gw1",tunnel="idc",peer="dc",state="connected"} 0`,
      `cygnet_tunnel_receive_bytes_total${TUNNEL} 0`,
      'cygnet_pair_up{gateway="gw1",tunnel="idc",peer="dc",local_ts="10.1.0.0/16",remote_ts="10.2.0.0/16"} 0',
      'cygnet_pair_receive_bytes_total{gateway="gw1",tunnel="idc",peer="dc",local_ts="10.1.0.0/16",remote_ts="10.2.0.0/16"} 0',
      `cygnet_ike_rekeys_total${TUNNEL} 0`,
      'cygnet_xfrm_errors_total{counter="XfrmInNoStates"} 4',
      'cygnet_build_info{version="0.1.0",data_plane="kernel"} 1',
      'cygnet_start_time_seconds 1767323045',
    ]) {
      expect(lines).toContain(line);
    }
  });

  it('have the same series when it is up', () => {
    const ike = { establishedAt: '2026-01-02T03:04:06.000Z' } as unknown as NonNullable<TunnelStatus['ike']>;
    const up = { ...down, connectionStatus: 'connected', reason: null, ike } as const;
    const pairs = [{ local: '10.1.0.0/16', remote: '10.2.0.0/16', up: true, alone: true }];
    const text = metricsText(source({ tunnels: [{ status: up, pairs }] }));
    expect(text).toContain(`cygnet_tunnel_up${TUNNEL} 1`);
    expect(text).toMatch(/^cygnet_pair_alone\{.*local_ts="10\.1\.0\.0\/16".*\} 1$/m);
    expect(text).toContain(`cygnet_tunnel_established_timestamp_seconds${TUNNEL} 1767323046`);
    expect(series(text)).toEqual(series(metricsText(source())));
  });

  it('count failures by stage and reason, and handshakes cumulatively', () => {
    const counts = new EventCounts();
    const at = (mono: number) => ({ mono, wall: mono });
    counts.add({ type: 'ike.initiated', tunnel: 'idc', ikeSa: 1, remote: { address: '192.0.2.1', port: 500 } }, at(0));
    counts.add({ type: 'ike.established', tunnel: 'idc', ikeSa: 1 }, at(30));
    counts.add({ type: 'child.failed', tunnel: 'idc', ikeSa: 1, reason: { code: 'child-refused', text: '' } }, at(40));
    const text = metricsText(source({ counts }));
    expect(text).toContain(
      'cygnet_ike_failures_total{gateway="gw1",tunnel="idc",peer="dc",stage="2",reason="child-refused"} 1',
    );
    expect(text).toContain('cygnet_ike_handshake_seconds_bucket{le="0.025"} 0');
    expect(text).toContain('cygnet_ike_handshake_seconds_bucket{le="0.05"} 1');
    expect(text).toContain('cygnet_ike_handshake_seconds_bucket{le="10.0"} 1');
    expect(text).toContain('cygnet_ike_handshake_seconds_bucket{le="+Inf"} 1');
    expect(text).toContain('cygnet_ike_handshake_seconds_sum 0.03\ncygnet_ike_handshake_seconds_count 1');
  });

  it('are OpenMetrics: each family once, its unit at the end of its name, and an end', () => {
    const text = metricsText(source());
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]);
    expect(new Set(names).size).toBe(names.length);
    for (const [, name, unit] of text.matchAll(/^# UNIT (\S+) (\S+)$/gm)) expect(name?.endsWith(`_${unit}`)).toBe(true);
    for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      const samples = text.split('\n').filter((line) => line.startsWith(name ?? '') && !line.startsWith('#'));
      if (type === 'counter') for (const line of samples) expect(line).toMatch(new RegExp(`^${name}_total[{ ]`));
    }
  });

  it('escape what stands in labels', () => {
    const text = openMetricsText([
      { name: 'x', type: 'gauge', help: 'a\nb', samples: [{ labels: { name: 'a"b\\c\nd' }, value: 1 }] },
    ]);
    expect(text).toBe('# TYPE x gauge\n# HELP x a\\nb\nx{name="a\\"b\\\\c\\nd"} 1\n# EOF\n');
  });
});

function series(text: string): string[] {
  return text.split('\n').map((line) => (line.startsWith('#') ? line : line.replace(/ \S+$/, '')));
}
