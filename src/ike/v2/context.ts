import type { Context } from '../common/context.ts';
import type { IkeSaV2 } from './state.ts';

/** What IKEv2 reaches beside the common: an IKE SA makes its own successor. */
export interface ContextV2 extends Context {
  newIkeSaId(): number;
  /** Makes a new IKE SA known that begins with the initial exchanges. */
  adopt(sa: IkeSaV2): void;
  /** Makes the successor of an IKE SA known: it is authenticated from its birth. */
  adoptSuccessor(sa: IkeSaV2): void;
  /** The IKE SAs of a tunnel that are not closed, the eldest first. */
  ikeSasV2Of(tunnel: string): readonly IkeSaV2[];
  /** Says that an IKE SA was changed for the sake of another. */
  touch(sa: IkeSaV2): void;
}
