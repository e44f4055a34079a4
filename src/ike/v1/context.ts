import type { ChildSa } from '../../sa/child-sa.ts';
import type { Context } from '../common/context.ts';
import type { IkeSaV1, PartialOpening } from './state.ts';

/** What IKEv1 reaches beside the common: a tunnel's Child SAs outlive its IKE SAs, and need them one after another. */
export interface ContextV1 extends Context {
  newIkeSaId(): number;
  /** Makes a new IKE SA known. */
  adopt(sa: IkeSaV1): void;
  /** The IKE SAs of a tunnel that are not closed, the eldest first. */
  ikeSasOf(tunnel: string): readonly IkeSaV1[];
  /** The Child SAs of a tunnel that are not an IKEv2 IKE SA's affair, as after a change of the version. */
  ownChildrenOf(tunnel: string): readonly ChildSa[];
  /** First messages that have come in part, by where they come from; bounded by whoever adds to them. */
  readonly partialOpenings: Map<string, PartialOpening>;
  /** Says that an IKE SA was changed for the sake of something else. */
  touch(sa: IkeSaV1): void;
}
