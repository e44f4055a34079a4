import { describe, expect, it } from 'vitest';
import { loadArguments, parseIperf } from './iperf.ts';

describe('iperf3', () => {
  it('TCP: what counts is what the receiver got', () => {
    const end = {
      sum_sent: { bytes: 97_891_304, bits_per_second: 391_543_681, retransmits: 9_208 },
      sum_received: { bytes: 92_442_448, bits_per_second: 368_870_117 },
    };
    expect(parseIperf(JSON.stringify({ end }), 'tcp')).toEqual({
      bytes: 92_442_448,
      rate: 368_870_117,
      retransmits: 9_208,
    });
  });

  it('UDP: packets are those that arrived, the loss is of those that were sent', () => {
    const end = {
      sum_sent: { bytes: 12_800, bits_per_second: 51_200, packets: 200, lost_packets: 0 },
      sum_received: { bytes: 3_200, bits_per_second: 12_800, packets: 200, lost_packets: 150 },
    };
    expect(parseIperf(JSON.stringify({ end }), 'udp')).toEqual({ bytes: 3_200, rate: 12_800, packets: 50, loss: 0.75 });
  });

  it('a rate is of all flows together, in packets; without one there is no limit', () => {
    const load = { name: '', protocol: 'udp', streams: 4, payload: 100 } as const;
    expect(loadArguments(load, 2_000)).toEqual(['--parallel', '4', '--udp', '--bitrate', '400000', '--length', '100']);
    expect(loadArguments(load)).toContain('0');
  });
});
