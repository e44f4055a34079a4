import { expect, it } from 'vitest';
import { formatPrefix } from '../base/net.ts';
import { type RouteChoice, routesTo } from './routes.ts';
import { parseSelector } from './traffic-selector.ts';

function routed(choice: RouteChoice, ...remote: readonly string[]) {
  const selectors = remote.map((text) => parseSelector(text) ?? expect.unreachable());
  const routes = routesTo(choice, { remote: selectors, local: [], via: '203.0.113.7' });
  return routes.map(({ destination, table }) => `${formatPrefix(destination)} ${table ?? 'main'}`);
}

it('lead to the peer segments, unless none are wanted', () => {
  expect(routed(true, '10.1.0.0/16', '10.2.0.0-10.2.1.127')).toEqual([
    '10.1.0.0/16 main',
    '10.2.0.0/24 main',
    '10.2.1.0/25 main',
  ]);
  expect(routed(false, '10.1.0.0/16')).toEqual([]);
});

it('never take the place of the default route, by which the peer is reached', () => {
  expect(routed(true, '0.0.0.0/0', '::/0', '10.1.0.0/16')).toEqual(['10.1.0.0/16 main']);
  expect(routed({ metric: 50 }, '0.0.0.0/0')).toEqual([]);
  expect(routed({ table: 220 }, '0.0.0.0/0')).toEqual(['0.0.0.0/0 220']);
});
