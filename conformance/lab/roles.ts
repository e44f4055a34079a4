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
import type { Scenario, Step, Topology } from './scenario.ts';

export type Role = 'initiator' | 'responder';

/** A tunnel between Cygnet, on side a, and strongSwan, and what holds once it is up. */
export type Connection = {
  /** Before the role in the scenario's name. */
  readonly name?: string;
  readonly title: string;
  readonly rfc: readonly string[];
  readonly topology?: Topology;
  /** As seen from Cygnet. */
  readonly link?: Link;
  readonly cygnet?: CygnetOptions;
  readonly strongswan?: SwanctlOptions;
  readonly steps: readonly Step[];
};

/** The scenarios of Cygnet initiating and responding. */
export function bothRoles(connection: Connection): readonly Scenario[] {
  return [inRole('initiator', connection), inRole('responder', connection)];
}

export function inRole(role: Role, connection: Connection): Scenario {
  const { name, title, rfc, topology = direct, link = FROM_A, steps } = connection;
  const initiates = role === 'initiator';
  return {
    name: name === undefined ? role : `${name}-${role}`,
    title: `${title}, ${initiates ? 'Cygnet' : 'strongSwan'} initiating`,
    rfc,
    topology,
    a: { cygnet: cygnet(link, { ...connection.cygnet, start: initiates ? 'initiate' : 'respond' }) },
    b: { strongswan: swanctl(mirrored(link), connection.strongswan) },
    steps: [...(initiates ? [] : [{ do: 'up', on: 'b' } as const]), { expect: 'connected', on: 'both' }, ...steps],
  };
}

/** For tables: the roles take turns. */
export function alternating(index: number): Role {
  return index % 2 === 0 ? 'initiator' : 'responder';
}
