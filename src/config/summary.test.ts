import { describe, expect, it } from 'vitest';
import { gatewaySummaries, peerSummaries } from './summary.ts';
import { loadText } from './testing/load-text.ts';

const configuration = loadText(`version: 1
gateways:
  gw1: {address: 192.0.2.1, publicAddress: 198.51.100.2, vpc: [10.0.0.0/16], labels: {env: prod}, remarks: main one}
  gw2: {address: 192.0.2.2}
peers:
  a: {address: 203.0.113.7}
  b: {address: vpn.example.com, remarks: by name}
  c: {address: 0.0.0.0}
tunnels:
  t: {enabled: false, gateway: gw1, peer: b, local: {subnets: [10.0.1.0/24]}, remote: {subnets: [10.1.0.0/16]}, psk: k}
`);

describe('summaries', () => {
  it('gateways', () => {
    expect(gatewaySummaries(configuration)).toEqual([
      {
        name: 'gw1',
        address: '192.0.2.1',
        publicAddress: '198.51.100.2',
        vpc: ['10.0.0.0/16'],
        labels: { env: 'prod' },
        remarks: 'main one',
        tunnels: 1,
      },
      { name: 'gw2', address: '192.0.2.2', publicAddress: null, vpc: [], labels: {}, remarks: '', tunnels: 0 },
    ]);
  });

  it('peers, each with its address as written', () => {
    expect(peerSummaries(configuration)).toEqual([
      { name: 'a', address: '203.0.113.7', labels: {}, remarks: '', tunnels: 0 },
      { name: 'b', address: 'vpn.example.com', labels: {}, remarks: 'by name', tunnels: 1 },
      { name: 'c', address: '0.0.0.0', labels: {}, remarks: '', tunnels: 0 },
    ]);
  });
});
