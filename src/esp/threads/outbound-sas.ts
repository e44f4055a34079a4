import type { SaAddresses, SaSpec } from '../../sa/data-plane.ts';
import type { CommandFailure } from '../commands.ts';
import type { OutboundTransform } from '../transform/transform.ts';
import { type UsageBounds, usageBounds } from '../usage-bounds.ts';
import type { Egress, EgressPath } from './egress.ts';

/** An SA that packets leave by. */
export type OutboundSa<Path extends EgressPath = EgressPath> = {
  readonly slot: number;
  readonly reqid: number;
  readonly limits: UsageBounds | undefined;
  readonly transform: OutboundTransform;
  path: Path;
  /** Bytes of an inner packet that fit the path without fragmentation outside. */
  room: number;
  /** Whether the path takes as much as any should: else what is sealed may be cut on it, whatever the packet says. */
  isWide: boolean;
  /** Whether the soft limit has been told. */
  told: boolean;
};

/** The SAs by what a policy's template asks for: of several of one reqid the latest carries the traffic, as in Linux. */
export class OutboundSas<Path extends EgressPath> {
  readonly #egress: Egress<Path>;
  readonly #bySlot = new Map<number, OutboundSa<Path>>();
  readonly #byReqid = new Map<number, readonly OutboundSa<Path>[]>();

  constructor(egress: Egress<Path>) {
    this.#egress = egress;
  }

  forReqid(reqid: number): OutboundSa<Path> | undefined {
    return this.#byReqid.get(reqid)?.[0];
  }

  add(
    slot: number,
    sa: SaSpec,
    pathMtu: number,
    transformOf: (sa: SaSpec) => OutboundTransform,
  ): CommandFailure | undefined {
    const path = this.#egress.path(slot, sa.protocol, sa);
    if (path === undefined) return NO_SOCKET;
    const transform = transformOf(sa);
    const { reqid } = sa;
    const limits = usageBounds(sa);
    const added: OutboundSa<Path> = {
      slot,
      reqid,
      limits,
      transform,
      path,
      ...measured(transform, path, pathMtu),
      told: false,
    };
    this.#bySlot.set(slot, added);
    this.#byReqid.set(reqid, [added, ...(this.#byReqid.get(reqid) ?? [])]);
    return undefined;
  }

  move(slot: number, to: SaAddresses, pathMtu: number): CommandFailure | undefined {
    const sa = this.#bySlot.get(slot);
    if (sa === undefined) return { code: 'ESRCH' };
    const path = this.#egress.path(slot, sa.path.protocol, to);
    if (path === undefined) return NO_SOCKET;
    if (path.outer?.length !== sa.path.outer?.length) return OTHER_FAMILY;
    Object.assign(sa, { path, ...measured(sa.transform, path, pathMtu) });
    return undefined;
  }

  measure(slot: number, pathMtu: number): void {
    const sa = this.#bySlot.get(slot);
    if (sa !== undefined) Object.assign(sa, measured(sa.transform, sa.path, pathMtu));
  }

  remove(slot: number): void {
    const sa = this.#bySlot.get(slot);
    if (sa === undefined) return;
    this.#bySlot.delete(slot);
    const rest = (this.#byReqid.get(sa.reqid) ?? []).filter((other) => other !== sa);
    if (rest.length === 0) this.#byReqid.delete(sa.reqid);
    else this.#byReqid.set(sa.reqid, rest);
    sa.transform.close();
  }

  clear(): void {
    for (const slot of [...this.#bySlot.keys()]) this.remove(slot);
  }
}

/** A path that takes less than every IPv6 link is one on which the packets are cut on the way. */
function measured(
  transform: OutboundTransform,
  path: EgressPath,
  pathMtu: number,
): Pick<OutboundSa, 'room' | 'isWide'> {
  const room = transform.largestInner(Math.max(pathMtu, LEAST_PATH) - path.outerBytes);
  return { room, isWide: pathMtu >= LEAST_PATH };
}

const LEAST_PATH = 1_280;
const OTHER_FAMILY: CommandFailure = { code: 'EAFNOSUPPORT', detail: 'AH is bound to the family of its addresses' };
const NO_SOCKET: CommandFailure = { code: 'EAFNOSUPPORT', detail: 'there is no socket for these outer addresses' };
