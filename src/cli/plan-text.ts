import { printable } from '../base/printable.ts';
import type { PlanReport, SegmentPairReport, TunnelPlan } from '../control/plan-shapes.ts';
import { counted } from './units.ts';

/** One line for each tunnel that is touched; how many are not. */
export function planText({ tunnels }: PlanReport): { readonly lines: readonly string[]; readonly summary: string } {
  const touched = tunnels.filter(({ action }) => action !== 'none');
  const same = tunnels.length - touched.length;
  const rest = same === 0 ? '' : `${touched.length === 0 ? '' : '; '}${counted(same, 'tunnel')} unchanged`;
  return {
    lines: touched.map((plan) => printable(`${plan.tunnel}: ${stepsText(plan)}`, 4_096)),
    summary: `${touched.length === 0 ? '' : counted(touched.length, 'change')}${rest}` || 'no tunnels',
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
