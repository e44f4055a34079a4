import {
  AGGRESSIVE,
  type CygnetOptions,
  cygnet,
  direct,
  FROM_A,
  type Link,
  MAIN,
  mirrored,
  type SwanctlOptions,
  swanctl,
} from './presets.ts';
import type { Scenario, Step, Topology } from './scenario.ts';

export type VersionName = 'v2' | 'main' | 'aggressive';

/** What `cygnet diagnose` is to say: the code, and words that its text has. */
export type Said = { readonly code: string; readonly says?: readonly string[] };

/** One way in which a strongSwan is configured otherwise than Cygnet, and what Cygnet makes of it in either role. */
export type Cause = {
  readonly name: string;
  readonly title: string;
  /** Questions of the platform's FAQ that the verdict points to. */
  readonly faq: readonly string[];
  /** What strongSwan has otherwise, as seen from Cygnet. */
  readonly link?: Partial<Link>;
  readonly algorithms?: SwanctlOptions;
  readonly cygnet?: CygnetOptions;
  readonly topology?: Partial<Topology>;
  /** strongSwan does not run, or does not call: Cygnet is alone. */
  readonly alone?: true;
  /** By version; without one, that version or role is not tried. */
  readonly initiator?: Partial<Readonly<Record<VersionName, Said>>>;
  readonly responder?: Partial<Readonly<Record<VersionName, Said>>>;
};

const VERSIONS = { v2: {}, main: MAIN, aggressive: AGGRESSIVE } as const;

/** A scenario for each version and role of a cause. */
export function diagnoses(causes: readonly Cause[]): readonly Scenario[] {
  return causes.flatMap((cause) =>
    (['v2', 'main', 'aggressive'] as const).flatMap((version) => {
      const { initiator, responder } = { initiator: cause.initiator?.[version], responder: cause.responder?.[version] };
      return [
        ...(initiator === undefined ? [] : [scenarioOf(cause, version, 'initiator', initiator)]),
        ...(responder === undefined ? [] : [scenarioOf(cause, version, 'responder', responder)]),
      ];
    }),
  );
}

function scenarioOf(cause: Cause, version: VersionName, role: 'initiator' | 'responder', said: Said): Scenario {
  const options = { ...VERSIONS[version], ...cause.cygnet };
  const start = role === 'initiator' ? { tunnel: { retry: { attempts: 1, interval: '12s' } } } : RESPOND;
  const calls: Step[] = role === 'responder' && !cause.alone ? [{ do: 'up', on: 'b', fails: true }] : [];
  return {
    name: `${cause.name}-${version}-${role}`,
    title: `${cause.title}: Cygnet, as ${role}, says so, and what to change at which end`,
    rfc: [],
    topology: { ...direct, ...cause.topology },
    a: { cygnet: cygnet(undefined, { ...options, ...start }) },
    b: { strongswan: swanctl(mirrored({ ...FROM_A, ...cause.link }), { ...VERSIONS[version], ...cause.algorithms }) },
    ...(cause.alone ? { start: ['a'] as const } : {}),
    steps: [
      ...calls,
      {
        expect: 'diagnosis',
        on: 'a',
        contains: { code: said.code, role: cause.alone && role === 'responder' ? null : role, faq: cause.faq },
        says: said.says ?? [],
      },
      { expect: 'exit-status', on: 'a', of: ['diagnose', 'idc'], is: STILL_WAITING.has(said.code) ? 0 : 7 },
    ],
  };
}

/** A tunnel that only answers is not down where nobody calls, or goes away before there is anything to refuse. */
const STILL_WAITING: ReadonlySet<string> = new Set(['waiting-for-peer', 'peer-unfinished', 'closed-at-once']);

const RESPOND = { start: 'respond' } as const;
