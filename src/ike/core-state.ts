import type { Instant } from '../base/time.ts';
import type { ChildSa } from '../sa/child-sa.ts';
import type { DataPlaneStep, PolicySpec, RouteSpec } from '../sa/data-plane.ts';
import type { Owner } from './common/context.ts';
import { type HalfOpen, newHalfOpen } from './common/half-open.ts';
import type { Instance } from './common/instances.ts';
import type { OwnAddresses } from './common/own-addresses.ts';
import type { Allowance } from './common/rate-limit.ts';
import type { IkeSa } from './ike-sa.ts';
import type { PartialOpening } from './v1/state.ts';
import { type CookieSecrets, newCookieSecrets } from './v2/cookie.ts';

/** Everything that the core remembers, as plain data: what a snapshot holds and a restored core starts from. */
export type CoreState = {
  nextIkeSa: number;
  nextRequest: number;
  nextChild: number;
  /** How many reqids were given. */
  reqids: number;
  readonly ikeSas: Map<number, IkeSa>;
  /** Our own SPI of each IKE SA. */
  readonly spis: Map<string, number>;
  /** `endpoint|initiator SPI` of responder IKE SAs: an initiator repeats IKE_SA_INIT before it knows our SPI. */
  readonly initiators: Map<string, number>;
  /** The Child SAs of each tunnel: they belong to it, not to the IKE SA that made them. */
  readonly children: Map<string, ChildSa[]>;
  /** The IKE SAs of each tunnel: its own, and those of others that it shares. */
  readonly byTunnel: Map<string, Set<number>>;
  readonly tunnelsOf: Map<number, readonly string[]>;
  /** IKE SAs that are not established yet. */
  readonly connecting: Set<number>;
  /** Who waits for the answer of a request; 0: nobody does. */
  readonly requests: Map<number, Owner>;
  /** Moves of Child SAs that the data plane has not answered yet, by request. */
  readonly moves: Map<number, Move>;
  /** The timers that are set, by owner and name: when they are due. */
  readonly timers: Map<Owner, Map<string, Instant>>;
  readonly halfOpen: HalfOpen;
  /** First messages of IKEv1 that have come in part. */
  readonly partialOpenings: Map<string, PartialOpening>;
  readonly drops: Map<string, DropCount>;
  /** What was said last, by what it was about: see `Context.isTimely`. */
  readonly said: Map<string, Instant>;
  /** What is left of each rate: see `Context.isWithin`. */
  readonly allowances: Map<string, Allowance>;
  /** Tunnels whose next packet is waited for. */
  readonly traps: Map<string, Trap>;
  /** Of tunnels that end when nobody uses them: what their Child SAs had carried, since when, and who is asked now. */
  readonly use: Map<string, Use>;
  /** Tunnels that the operator has taken down: their peers are not answered. */
  readonly closedTunnels: Set<string>;
  /** The peers of tunnels for many that are there, by the name of the tunnel that each has got. */
  readonly instances: Map<string, Instance>;
  /** Their names by that of the tunnel that they come from. */
  readonly instancesOf: Map<string, Set<string>>;
  /** Where the machine has other addresses than the configuration names first: by gateway. */
  readonly ownAddresses: Map<string, OwnAddresses>;
  /** Secrets of the responder's cookies, and when they last changed. */
  cookies: CookieSecrets;
  cookiesSince: Instant;
};

/**
 * Policies that ask for SAs which are not there, so that the data plane tells of the first packet, and the routes that
 * bring it there. `request` is the one that sets them.
 */
export type Trap = {
  readonly reqid: number;
  readonly request: number;
  readonly policies: readonly PolicySpec[];
  readonly routes: readonly RouteSpec[];
};

/** Packets are undefined before the first look. */
export type Use = {
  readonly packets: number | undefined;
  readonly since: Instant;
  readonly request: number | undefined;
};

/** `remains` is what removes the Child SA from where it was. */
export type Move = { readonly tunnel: string; readonly child: string; readonly remains: readonly DataPlaneStep[] };

export type DropCount = { unreported: number; reportedAt: number };

export function newCoreState(cookieKey: Uint8Array): CoreState {
  return {
    nextIkeSa: 1,
    nextRequest: 1,
    nextChild: 1,
    reqids: 0,
    ikeSas: new Map(),
    spis: new Map(),
    initiators: new Map(),
    children: new Map(),
    byTunnel: new Map(),
    tunnelsOf: new Map(),
    connecting: new Set(),
    requests: new Map(),
    moves: new Map(),
    timers: new Map(),
    halfOpen: newHalfOpen(),
    partialOpenings: new Map(),
    drops: new Map(),
    said: new Map(),
    allowances: new Map(),
    traps: new Map(),
    use: new Map(),
    closedTunnels: new Set(),
    instances: new Map(),
    instancesOf: new Map(),
    ownAddresses: new Map(),
    cookies: newCookieSecrets(cookieKey),
    cookiesSince: 0,
  };
}
