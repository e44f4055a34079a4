import type { Effect } from '../ike/common/effect.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { CoreCommand, Input } from '../ike/common/input.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import { saKey } from '../sa/ledger.ts';
import { selectorKey } from '../sa/traffic-selector.ts';
import type { SimGateway, Step } from './gateway.ts';
import type { StepCheck } from './world.ts';

/** What was seen of a gateway after its last step. */
type Seen = {
  readonly incarnation: number;
  /** The pairs of segments that have an outbound SA in the kernel, or one that is asked for: it does all in order. */
  readonly pairs: ReadonlySet<string>;
  /** The SPIs with which it sends, and those with which its Child SAs receive. */
  readonly outbound: readonly number[];
  readonly inbound: ReadonlySet<number>;
  /** The SAs of its Child SAs. */
  readonly sas: ReadonlySet<string>;
  /** The timers of its IKE SAs that end what has no successor. */
  readonly ends: ReadonlySet<string>;
};

/**
 * In IKEv2, where each change is agreed on: while two ends are connected, neither is without an outbound SA for a pair
 * of segments at any step, whatever is rekeyed and however that crosses. Somebody who takes the tunnel down, brings it
 * up a second time, restarts, loses the peer or the address, has an SA expire or is refused something by the kernel ends the
 * watch, until both are connected again.
 */
export function keepsSending(ends: () => readonly SimGateway[]): StepCheck {
  const known = new Map<SimGateway, Seen>();
  let watching = false;
  return (gateway, step) => {
    if (LEAVES_BE.has(step.input?.kind) && !step.effects.some(concernsSas)) return [];
    const before = known.get(gateway);
    const now = look(gateway);
    known.set(gateway, now);
    if (before === undefined || before.incarnation !== now.incarnation || takesDown(step, before, now))
      watching = false;
    if (!watching || before === undefined) {
      watching = ends().every((end) => isSteady(end)) && meet(ends().map((end) => known.get(end)));
      return [];
    }
    return [...before.pairs].filter((pair) => !now.pairs.has(pair)).map((pair) => `nothing can be sent for ${pair}`);
  };
}

/** What else a message or a job leads to leaves everything as it was seen. */
const LEAVES_BE: ReadonlySet<Input['kind'] | undefined> = new Set<Input['kind']>(['datagram', 'job.reply']);

function concernsSas(effect: Effect): boolean {
  return effect.kind === 'dataplane' || (effect.kind === 'emit' && effect.event.type.startsWith('ike.'));
}

function look(gateway: SimGateway): Seen {
  const { children, views } = gateway.shown;
  // By SPI alone: after a change of address the kernel follows a moment later.
  const installed = new Set<number>();
  for (const { spec } of gateway.kernel.tables.sas.values()) if (spec.direction === 'out') installed.add(spec.spi);
  const pairs = new Set<string>();
  const outbound: number[] = [];
  const inbound = new Set<number>();
  const sas = new Set<string>();
  for (const child of children) {
    inbound.add(child.inbound.spi);
    sas.add(saKey(child.inbound)).add(saKey(child.outbound));
    if (!installed.has(child.outbound.spi) && !(child.sends && gateway.kernel.pending > 0)) continue;
    outbound.push(child.outbound.spi);
    for (const pair of pairsOf(child)) pairs.add(pair);
  }
  const ends = new Set<string>();
  for (const { id, state } of views) if (state === 'established') ends.add(`ike:${id}:lifetime`);
  return { incarnation: gateway.incarnation, pairs, outbound, inbound, sas, ends };
}

function pairsOf({ localSelectors, remoteSelectors }: ChildSaView): string[] {
  return localSelectors.flatMap((local) =>
    remoteSelectors.map((remote) => `${selectorKey(local)} to ${selectorKey(remote)}`),
  );
}

function takesDown({ input, effects }: Step, before: Seen, now: Seen): boolean {
  if (effects.some((effect) => effect.kind === 'emit' && isEnd(effect.event))) return true;
  switch (input?.kind) {
    case 'command':
      return takesDownAt(input.command, before, now);
    case 'timer':
      return before.ends.has(input.key);
    case 'dataplane.event':
      return input.event.kind === 'expire' && input.event.hard && before.sas.has(saKey(input.event.sa));
    case 'dataplane.reply':
      // The successor that a kernel refuses may be the one that the peer has gone over to.
      return input.reply.kind === 'refused';
    default:
      return false;
  }
}

/** What an operator takes down, or begins anew. */
const TAKING_DOWN: ReadonlySet<CoreCommand['kind']> = new Set<CoreCommand['kind']>([
  'terminate',
  'initiate',
  'end-child',
  'end-ike',
]);

/**
 * An IKE SA that cannot move is closed at once, but said to be only when the peer has answered: which by then has lost its
 * Child SAs, and may have gone over to them from those of one that could have moved (RFC 4555 §3.5).
 */
function takesDownAt({ kind }: CoreCommand, before: Seen, now: Seen): boolean {
  if (kind === 'local-address') return [...before.ends].some((end) => !now.ends.has(end));
  return TAKING_DOWN.has(kind);
}

/** The peer is gone; or we have moved, and only who has initiated an IKE SA can take it along (RFC 4555 §3.5). */
function isEnd(event: GatewayEvent): boolean {
  return event.type === 'peer.unresponsive' || ('reason' in event && event.reason?.code === 'address-gone');
}

/** Connected by one IKE SA of IKEv2, with nothing half done about it and nothing that waits for the kernel. */
function isSteady(gateway: SimGateway): boolean {
  const [only, ...more] = gateway.shown.views;
  const settled = gateway.shown.children.every(({ state }) => state === 'installed' || state === 'deleting');
  return only?.version === 2 && only.state === 'established' && more.length === 0 && settled && gateway.pending === 0;
}

/** Whatever one end sends, the other one receives. */
function meet([a, b]: readonly (Seen | undefined)[]): boolean {
  if (a === undefined || b === undefined || a.pairs.size === 0 || b.pairs.size === 0) return false;
  return a.outbound.every((spi) => b.inbound.has(spi)) && b.outbound.every((spi) => a.inbound.has(spi));
}
