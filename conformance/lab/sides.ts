import type { SideName, Site, Topology } from './scenario.ts';

/** The sides that a topology has; a is the one that all others are peers of. */
export function sidesOf(topology: Topology): readonly SideName[] {
  return topology.c === undefined ? ['a', 'b'] : ['a', 'b', 'c'];
}

export function peersOfA(topology: Topology): readonly SideName[] {
  return sidesOf(topology).slice(1);
}

export function siteOf(topology: Topology, side: SideName): Site {
  const site = topology[side];
  if (site === undefined) throw new Error(`the topology has no side ${side}`);
  return site;
}

export function bothOr(on: SideName | 'both'): readonly SideName[] {
  return on === 'both' ? ['a', 'b'] : [on];
}
