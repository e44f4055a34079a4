import { dirname } from 'node:path';
import { sameData } from '../base/same-data.ts';
import type { Places, Tunnel } from './configuration.ts';
import type { Entry, Merged } from './merge.ts';
import { isAsObserved, type Observation, observedHost } from './observed-host.ts';
import { placesOf } from './positions.ts';
import type { Position, Problem } from './problem.ts';
import { Report } from './report.ts';
import { type ResolvedTunnel, resolveTunnel, type Surroundings } from './resolve-tunnel.ts';
import type { RawTunnel } from './schema.ts';

/** What was made of each tunnel, by what is written of it, for the next time that it is resolved. */
export type KnownTunnels = WeakMap<RawTunnel, Known>;

type Known = {
  readonly given: unknown;
  readonly observations: readonly Observation[];
  readonly tunnel: ResolvedTunnel;
  /** What was said of it, when it stood at `origin`. */
  readonly problems: readonly Problem[];
  readonly origin: Position;
};

/**
 * The tunnels that can be resolved. One of which all is as it was when it was known is not resolved again, and has the same
 * policy: not an equal one, so that a comparison sees it at a glance.
 */
export function resolveTunnels(
  merged: Merged,
  surroundings: Surroundings,
  problems: Problem[],
  known: KnownTunnels,
): { readonly tunnels: readonly Tunnel[]; readonly known: KnownTunnels } {
  const now: KnownTunnels = new WeakMap();
  const tunnels = [...merged.tunnels.values()].flatMap((entry): Tunnel[] => {
    const path = ['tunnels', entry.name];
    const origin = entry.source.key(path);
    const given = givenTo(entry, merged);
    const before = known.get(entry.raw);
    const isSame =
      before !== undefined && sameData(before.given, given) && isAsObserved(before.observations, surroundings.host);
    const resolved = isSame ? before : resolveAnew(entry, surroundings, given, origin);
    problems.push(...resolved.problems.map((problem) => moved(problem, resolved.origin, origin)));
    if (resolved.tunnel === undefined) return [];
    now.set(entry.raw, resolved as Known);
    return [placedTunnel(resolved.tunnel, origin, placesOf(entry.source, path))];
  });
  return { tunnels, known: now };
}

function resolveAnew(
  entry: Entry<RawTunnel>,
  surroundings: Surroundings,
  given: unknown,
  origin: Position,
): Omit<Known, 'tunnel'> & { readonly tunnel: ResolvedTunnel | undefined } {
  const observations: Observation[] = [];
  const problems: Problem[] = [];
  const report = new Report(entry.source, ['tunnels', entry.name], problems);
  const host = observedHost(surroundings.host, observations);
  const tunnel = resolveTunnel({ ...entry, report }, { ...surroundings, host });
  return { given, observations, tunnel, problems, origin };
}

/** All that a tunnel is made of beside what is written of it and what the machine says: plain data. */
function givenTo({ raw, source }: Entry<RawTunnel>, { top, gateways, peers }: Merged): unknown {
  const { profile, limits, dataplane } = top;
  const [gateway, peer] = [gateways.get(raw.gateway)?.raw, peers.get(raw.peer)?.raw];
  return { gateway, peer, directory: dirname(source.file), profile, limits, dataplane };
}

/** Key by key, here and below: V8 gives what is spread together a shape of its own, which takes more memory than it. */
function placedTunnel(tunnel: ResolvedTunnel, origin: Position, places: Places): Tunnel {
  const { name, enabled, policy, pskSource, ppkSource, updown, labels, remarks } = tunnel;
  return {
    name,
    enabled,
    policy,
    pskSource,
    ...(ppkSource === undefined ? {} : { ppkSource }),
    ...(updown === undefined ? {} : { updown }),
    labels,
    remarks,
    origin,
    places,
  };
}

/** What stands in the lines of a tunnel moves with them. */
function moved(problem: Problem, from: Position, to: Position): Problem {
  if (from.line === to.line && from.file === to.file) return problem;
  const { line, column, severity, message } = problem;
  return { file: to.file, line: line + to.line - from.line, column, severity, message };
}
