import { printable } from '../base/printable.ts';
import type { PlanReport, SegmentPairReport, TunnelPlan } from '../control/plan-shapes.ts';
import { counted } from './units.ts';

/** One line for each tunnel that is touched, and for each shunt; how many tunnels are not. */
export function planText(plan: PlanReport): { readonly lines: readonly string[]; readonly summary: string } {
  const { tunnels, shunts } = plan;
  const touched = tunnels.filter(({ action }) => action !== 'none');
  const same = tunnels.length - touched.length;
  const changes = touched.length + shunts.length;
  const rest = same === 0 ? '' : `${changes === 0 ? '' : '; '}${counted(same, 'tunnel')} unchanged`;
  return {
    lines: [
      ...touched.map((one) => printable(`${one.tunnel}: ${stepsText(one)}`, 4_096)),
      ...shunts.map(({ shunt, action }) => printable(`shunt ${shunt}: ${action}`, 4_096)),
    ],
    summary: `${changes === 0 ? '' : counted(changes, 'change')}${rest}` || 'no tunnels',
  };
}

function stepsText(plan: TunnelPlan): string {
  const why = plan.keys.length === 0 ? '' : ` (${plan.keys.join(', ')})`;
  const renamed = plan.was === null ? [] : [`renamed from ${plan.was}`];
  switch (plan.action) {
    case 'none':
      return 'nothing changes';
    case 'create':
      return 'create';
    case 'delete':
      return 'delete, at both ends';
    case 'reconnect':
      return [...renamed, `reconnect${why}`].join(', ');
    case 'rename':
    case 'update':
      return [...renamed, ...updateSteps(plan, why)].join(', ');
  }
}

function updateSteps({ action, rekey, addedPairs, droppedPairs }: TunnelPlan, why: string): string[] {
  if (action === 'rename') return [];
  const steps = [
    ...addedPairs.map((pair) => `add ${pairText(pair)}`),
    ...droppedPairs.map((pair) => `drop ${pairText(pair)}`),
    ...rekey.map((kind) => `rekey the ${kind === 'ike' ? 'IKE SA' : 'Child SAs'}`),
  ];
  return steps.length === 0 ? [`its SAs go on${why}`] : [...steps.slice(0, -1), `${steps.at(-1)}${why}`];
}

function pairText({ local, remote }: SegmentPairReport): string {
  return `${local} <-> ${remote}`;
}
