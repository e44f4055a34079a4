import { expect, it } from 'vitest';
import { loadText, tunnelText } from '../../config/testing/load-text.ts';
import { viciConnections } from './connections.ts';

function connectionOf(more: string) {
  const names = (name: string) => ({ connection: name, child: name });
  const [connection] = viciConnections(loadText(tunnelText(more)).tunnels, names, []);
  return connection;
}

function childOf(more: string) {
  return connectionOf(more)?.children[0];
}

it('the time after which a peer is given up belongs to IKEv1, and to one that is asked', () => {
  const dpdOf = (more: string) => connectionOf(more)?.dpd;
  expect(dpdOf('ike: {version: 1}\ndpd: {delay: 8s, timeout: 20s}')).toEqual({ delay: 8, timeout: 20 });
  expect(dpdOf('ike: {version: 1}\ndpd: {delay: off, timeout: 20s}')).toEqual({ delay: 0, timeout: 0 });
  expect(dpdOf('dpd: {delay: 8s, timeout: 20s}')).toEqual({ delay: 8, timeout: 0 });
});

it('a child in transport mode is listed as such', () => {
  const ends = 'local: {subnets: [192.0.2.1/32]}\nremote: {subnets: [203.0.113.7/32]}';
  expect(childOf(`${ends}\nike: {mobike: false}\nipsec: {mode: transport}`)?.mode).toBe('TRANSPORT');
  expect(childOf('')?.mode).toBe('TUNNEL');
});

it('the segment that each of many peers has is dynamic, as in charon', () => {
  expect(childOf('peer: any\nremote: {id: any, subnets: ["dynamic[tcp/80]", 10.9.0.0/16]}')?.remoteTs).toEqual([
    'dynamic[tcp/80]',
    '10.9.0.0/16',
  ]);
});

it.each([
  ['start: on-traffic', 'none'],
  ['start: on-traffic\ncloseAction: restart', 'start'],
  ['start: initiate', 'start'],
  ['start: initiate\ncloseAction: hold', 'trap'],
  ['start: respond', 'none'],
])('%s: close_action is %s, and a trap outlives the Child SA in any case', (more, shown) => {
  expect(childOf(more)?.closeAction).toBe(shown);
});
