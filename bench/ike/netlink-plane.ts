import { parsePrefix } from '../../src/base/net.ts';
import type { DataPlaneStep, PolicySpec, RouteSpec } from '../../src/sa/data-plane.ts';
import { selectorFromPrefix, type TrafficSelector } from '../../src/sa/traffic-selector.ts';
import { XfrmDataPlane } from '../../src/xfrm/xfrm-data-plane.ts';
import { answerCalls } from './calls.ts';
import { peerAddress, peerSegment, RESPONDER, RESPONDER_SEGMENT } from './plan.ts';

/**
 * The kernel as data plane beside so many tunnels: what the policies and the route of one more cost it and us. SAs are
 * left out, as not every kernel that this runs on has ESP.
 */
export type NetlinkCall = { readonly tunnels: number };

answerCalls(async ({ tunnels }: NetlinkCall): Promise<number> => {
  const plane = XfrmDataPlane.open();
  try {
    for (let tunnel = 0; tunnel < tunnels; tunnel++) apply(plane, stepsOf(tunnel));
    const start = process.cpuUsage();
    for (let turn = 0; turn < SAMPLES; turn++) apply(plane, stepsOf(tunnels + turn));
    const { user, system } = process.cpuUsage(start);
    return (user + system) / SAMPLES;
  } finally {
    plane.close();
  }
});

const SAMPLES = 200;

function apply(plane: XfrmDataPlane, steps: readonly DataPlaneStep[]): void {
  const reply = plane.perform({ kind: 'apply', steps });
  if (reply.kind !== 'done') throw new Error(`the kernel refuses it: ${JSON.stringify(reply)}`);
}

/** Three policies and a route, as each Child SA with one pair of segments has them. */
function stepsOf(tunnel: number): DataPlaneStep[] {
  const owner = `t${tunnel}`;
  const [ours, theirs] = [segment(RESPONDER_SEGMENT), segment(peerSegment(tunnel))];
  const template = (source: string, destination: string) =>
    ({ protocol: 'esp', mode: 'tunnel', reqid: tunnel + 1, source, destination }) as const;
  const outward = { source: ours, destination: theirs, template: template(RESPONDER, peerAddress(tunnel)) };
  const inward = { source: theirs, destination: ours, template: template(peerAddress(tunnel), RESPONDER) };
  const policies: PolicySpec[] = [
    { direction: 'in', action: 'protect', ...inward },
    { direction: 'fwd', action: 'protect', ...inward },
    { direction: 'out', action: 'protect', ...outward },
  ];
  const route: RouteSpec = {
    destination: prefix(peerSegment(tunnel)),
    via: peerAddress(tunnel),
    localSelectors: [ours],
  };
  return [
    ...policies.map((policy): DataPlaneStep => ({ kind: 'add-policy', owner, policy })),
    { kind: 'add-route', owner, route },
  ];
}

function segment(text: string): TrafficSelector {
  return selectorFromPrefix(prefix(text));
}

function prefix(text: string) {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new RangeError(text);
  return parsed;
}
