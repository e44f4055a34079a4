import type { Duration } from '../base/time.ts';
import type { Range } from './dice.ts';

/** What a path does to datagrams. Probabilities are of one datagram; times are milliseconds. */
export type LinkConditions = {
  readonly latency: Range;
  readonly loss: number;
  /** Gilbert's model: good and bad spells; `enter` and `leave` are chances at each datagram. */
  readonly burst?: { readonly enter: number; readonly leave: number; readonly loss: number };
  readonly duplicate: number;
  /** Some datagrams are held back by `delay`, so that later ones overtake them. */
  readonly reorder: { readonly probability: number; readonly delay: Range };
  /** Of IP packets, bytes; a bigger one is lost, as behind a firewall that drops IP fragments. */
  readonly mtu: number;
};

export const CALM: LinkConditions = {
  latency: [5, 15],
  loss: 0,
  duplicate: 0,
  reorder: { probability: 0, delay: [0, 0] },
  mtu: 1500,
};

/** Paths by name; a scenario says only which. */
export const PRESETS = {
  calm: CALM,
  lossy10: { ...CALM, loss: 0.1 },
  lossy30: { ...CALM, loss: 0.3 },
  bursty: { ...CALM, loss: 0.02, burst: { enter: 0.1, leave: 0.25, loss: 0.9 } },
  duplicating: { ...CALM, duplicate: 0.5 },
  reordering: { ...CALM, reorder: { probability: 0.4, delay: [20, 400] } },
  satellite: { ...CALM, latency: [280, 650], loss: 0.05 },
  /** Round trips that take longer than the first retransmission: every request is sent at least twice. */
  sluggish: { ...CALM, latency: [1_100, 1_700] },
  narrow: { ...CALM, mtu: 576 },
  /** All of it at once. */
  awful: {
    latency: [20, 900],
    loss: 0.3,
    duplicate: 0.25,
    reorder: { probability: 0.25, delay: [50, 2_500] },
    mtu: 1280,
  },
} as const satisfies Record<string, LinkConditions>;

export type PresetName = keyof typeof PRESETS;

/** A NAT device between some nodes and the rest. */
export type NatConditions = {
  /** How long a mapping lives without traffic from inside. */
  readonly mappingLifetime: Duration;
  /**
   * Which senders may use a mapping from outside (RFC 4787 §5): any, or only endpoints that the inside node has
   * written to.
   */
  readonly filtering: 'endpoint-independent' | 'address-and-port-dependent';
};

/** RFC 4787 §4.3 asks for 2 minutes at least; many devices give UDP 30 s. */
export const HOME_ROUTER: NatConditions = { mappingLifetime: 30_000, filtering: 'address-and-port-dependent' };
