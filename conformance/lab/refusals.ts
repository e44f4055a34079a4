import {
  type CygnetOptions,
  cygnet,
  direct,
  FROM_A,
  type Link,
  mirrored,
  type SwanctlOptions,
  swanctl,
} from './presets.ts';
import type { Scenario, Step } from './scenario.ts';

export type Disagreement = {
  /** Before the role in the scenario's name. */
  readonly name?: string;
  readonly title: string;
  readonly rfc: readonly string[];
  /** What both have where nothing else is said, as seen from Cygnet. */
  readonly configured?: Link;
  /** What strongSwan has otherwise than Cygnet, as seen from Cygnet. */
  readonly link?: Partial<Link>;
  readonly algorithms?: SwanctlOptions;
  readonly cygnet?: CygnetOptions;
  /** What Cygnet says in that role; without it, that role is not tried. */
  readonly initiator?: Verdict;
  readonly responder?: Verdict;
};

export type Verdict = { readonly stage: 1 | 2; readonly code: string };

/** A disagreement with Cygnet in both roles: the tunnel does not come up, the reason is told, nothing is installed. */
export function refusals(disagreement: Disagreement): readonly Scenario[] {
  const { name, title, rfc, configured = FROM_A, link, algorithms, initiator, responder } = disagreement;
  const prefix = name === undefined ? '' : `${name}-`;
  const common = {
    rfc,
    topology: direct,
    b: { strongswan: swanctl(mirrored({ ...configured, ...link }), algorithms) },
  };
  const initiates = {
    ...common,
    name: `${prefix}initiator`,
    title: `${title}: Cygnet, which initiates, says so and installs nothing`,
    a: {
      cygnet: cygnet(configured, { ...disagreement.cygnet, tunnel: { retry: { attempts: 1, interval: '12s' } } }),
    },
  };
  const responds = {
    ...common,
    name: `${prefix}responder`,
    title: `${title}: Cygnet, which responds, says so and installs nothing`,
    a: { cygnet: cygnet(configured, { ...disagreement.cygnet, start: 'respond' }) },
  };
  return [
    ...(initiator === undefined ? [] : [{ ...initiates, steps: refused(initiator) }]),
    ...(responder === undefined
      ? []
      : [{ ...responds, steps: [{ do: 'up', on: 'b', fails: true } as const, ...refused(responder)] }]),
  ];
}

function refused({ stage, code }: Verdict): readonly Step[] {
  return [
    { expect: 'status', on: 'a', contains: { connectionStatus: `stage${stage}Failure`, reason: { code } } },
    { expect: 'status', on: 'a', contains: { children: [] } },
    { expect: 'nothing-installed', on: 'both' },
    { expect: 'exit-status', on: 'a', of: ['status'], is: 7 },
    { expect: 'pings', count: 1, lost: true },
  ];
}
