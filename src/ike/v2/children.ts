import type { ChildSa } from '../../sa/child-sa.ts';
import type { Context } from '../common/context.ts';
import type { IkeSaV2 } from './state.ts';

/** The Child SAs of an IKE SA: those of its tunnel that it has made and that end with it (RFC 7296 §1.4.1). */
export function childrenOf(ctx: Context, sa: IkeSaV2): ChildSa[] {
  return ctx.childrenOf(sa.tunnel).filter(({ ikeSa }) => ikeSa === sa.id);
}
