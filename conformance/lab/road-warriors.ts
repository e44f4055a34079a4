import {
  auth,
  type End,
  IDS,
  MODERN,
  MODERN_CHILD,
  NET_TO_NET,
  WITH_CAROL,
  WITH_CAROL_AND_DAVE,
} from './public-tests.ts';
import type { Section } from './scenario.ts';

export const MOON = NET_TO_NET.a.address;
export const CAROL = WITH_CAROL.b.address;
export const DAVE = WITH_CAROL_AND_DAVE.c.address;

export const KEYS = {
  carol: '0sY2Fyb2wgYW5kIG1vb24gaGF2ZSB0aGlz',
  dave: '0sZGF2ZSBoYXMgb25lIG9mIGhpcyBvd24=',
} as const;

export type Warriors = {
  /** Names for identities, instead of addresses. */
  readonly named?: true;
  /** What all have in their connections and children. */
  readonly connection?: Section;
  readonly child?: Section;
  /** What only moon, or only the others, have. */
  readonly moonConnection?: Section;
  readonly moonChild?: Section;
  readonly callerConnection?: Section;
  readonly callerChild?: Section;
  /** Several children, where there is not one: the segment that each has at moon's end, and at the caller's. */
  readonly children?: { readonly [name: string]: { readonly moon: string; readonly caller: string } };
  readonly charon?: Section;
};

/** moon knows those who call it by their keys; they have nothing behind them, and their own address for a segment. */
export function warriors(options: Warriors): { readonly moon: End; readonly carol: End; readonly dave: End } {
  const { named, charon = {}, connection } = options;
  const idOf = (host: keyof typeof IDS, address: string) => (named ? IDS[host] : address);
  const moonId = idOf('moon', MOON);
  const caller = (host: 'carol' | 'dave', address: string): End => ({
    host,
    charon,
    children: Object.keys(options.children ?? { home: {} }),
    swanctl: {
      connections: {
        home: {
          ...MODERN,
          local_addrs: address,
          remote_addrs: MOON,
          local: auth(idOf(host, address)),
          remote: auth(moonId),
          children: childrenOf(options, 'caller', 'home'),
          ...connection,
          ...options.callerConnection,
        },
      },
      secrets: { 'ike-moon': { id: moonId, secret: KEYS[host] } },
    },
  });
  return {
    moon: {
      host: 'moon',
      charon,
      children: Object.keys(options.children ?? { net: {} }),
      swanctl: {
        connections: {
          rw: {
            ...MODERN,
            local_addrs: MOON,
            local: auth(moonId),
            remote: auth(),
            children: childrenOf(options, 'moon', 'net'),
            ...connection,
            ...options.moonConnection,
          },
        },
        secrets: {
          'ike-carol': { id: idOf('carol', CAROL), secret: KEYS.carol },
          'ike-dave': { id: idOf('dave', DAVE), secret: KEYS.dave },
        },
      },
    },
    carol: caller('carol', CAROL),
    dave: caller('dave', DAVE),
  };
}

function childrenOf(options: Warriors, end: 'moon' | 'caller', only: string): Section {
  const { children = { [only]: { moon: '10.1.0.0/16', caller: 'dynamic' } } } = options;
  const own = end === 'moon' ? options.moonChild : options.callerChild;
  const entries = Object.entries(children).map(([name, { moon, caller }]) => {
    const [local_ts, remote_ts] = end === 'moon' ? [moon, caller] : [caller, moon];
    return [name, { local_ts, remote_ts, ...MODERN_CHILD, ...options.child, ...own }] as const;
  });
  return Object.fromEntries(entries);
}
