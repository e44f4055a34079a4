import type { HeaderCopying, Mark, PolicySpec } from './data-plane.ts';

/** One value for what comes in and one for what goes out; absent where there is none. */
export type InOut<Value> = { readonly in?: Value; readonly out?: Value };

/**
 * A number that an operator gives, or one that each Child SA has for itself and passes on to its successor: the same
 * for both directions, or one for each.
 */
export type Numbering = number | 'unique' | 'unique-dir';

type MarkOf<Value> = { readonly value: Value; readonly mask: number };

type Attributes<Value> = {
  /** The XFRM interface that the traffic belongs to. */
  readonly ifId?: InOut<Value>;
  /** Which packets the policies are for, beside the selectors. */
  readonly mark?: InOut<MarkOf<Value>>;
  /** The inbound SA has the inbound mark as well: no packet without it is opened. */
  readonly markInSa?: true;
  /** What the SAs mark packets with. */
  readonly setMark?: InOut<MarkOf<Value>>;
  /** Of all policies that protect, instead of one that follows from the selectors. */
  readonly priority?: number;
  /** False: SAs alone; what leads packets to them is somebody else's affair. */
  readonly policies?: false;
  /** Linux: what others let pass only by a policy of the direction `fwd` may pass on its way into the tunnel, too. */
  readonly forwardOut?: true;
  /** Packets, 0 to 4096. */
  readonly replayWindow?: number;
  readonly headers?: HeaderCopying;
};

/** What a tunnel wants to have said of its SAs and policies beyond what they protect. */
export type AttributeChoice = Attributes<Numbering> & {
  /** Instead of one of ours; all Child SAs have it. */
  readonly reqid?: number;
};

/** The same of one Child SA. */
export type ChildAttributes = Attributes<number>;

/** What a Child SA has; its reqid makes its own numbers. */
export function attributesFor(choice: AttributeChoice, reqid: number): ChildAttributes {
  const { reqid: _, ifId, mark, setMark, ...same } = choice;
  const number = (wanted: Numbering, direction: 'in' | 'out') => numberFor(wanted, direction, reqid);
  const marked = ({ value, mask }: MarkOf<Numbering>, direction: 'in' | 'out'): Mark => {
    const wanted = number(value, direction);
    return { value: (wanted & mask) >>> 0, mask };
  };
  return {
    ...same,
    ...(ifId === undefined ? {} : { ifId: inOut(ifId, number) }),
    ...(mark === undefined ? {} : { mark: inOut(mark, marked) }),
    ...(setMark === undefined ? {} : { setMark: inOut(setMark, marked) }),
  };
}

/** What the policies of one direction say of it. */
export function policyAttributes(
  { ifId, mark, priority }: Pick<ChildAttributes, 'ifId' | 'mark' | 'priority'> = {},
  direction: 'in' | 'out',
): Pick<PolicySpec, 'ifId' | 'mark' | 'priority'> {
  const [number, marked] = [ifId?.[direction], mark?.[direction]];
  return {
    ...(marked === undefined ? {} : { mark: marked }),
    ...(number === undefined ? {} : { ifId: number }),
    ...(priority === undefined ? {} : { priority }),
  };
}

/** Whether the packets of a tunnel are told from others by more than their selectors. */
export function isSetApart({ ifId, mark }: Pick<AttributeChoice, 'ifId' | 'mark'>): boolean {
  return ifId?.out !== undefined || mark?.out !== undefined;
}

/** Whether what sets its outgoing packets apart is known before there is a Child SA. */
export function isKnownBefore({ ifId, mark }: Pick<AttributeChoice, 'ifId' | 'mark'>): boolean {
  return typeof (ifId?.out ?? 0) === 'number' && typeof (mark?.out?.value ?? 0) === 'number';
}

function inOut<From, To>(from: InOut<From>, turn: (value: From, direction: 'in' | 'out') => To): InOut<To> {
  return {
    ...(from.in === undefined ? {} : { in: turn(from.in, 'in') }),
    ...(from.out === undefined ? {} : { out: turn(from.out, 'out') }),
  };
}

/** Our reqids are a range of their own, which small numbers of an operator do not meet; the range behind it is ours too. */
function numberFor(wanted: Numbering, direction: 'in' | 'out', reqid: number): number {
  if (typeof wanted === 'number') return wanted;
  return wanted === 'unique-dir' && direction === 'out' ? reqid + OTHER_DIRECTION : reqid;
}

const OTHER_DIRECTION = 0x0100_0000;
