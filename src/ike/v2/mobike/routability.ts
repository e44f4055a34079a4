import type { Context } from '../../common/context.ts';
import type { Reason } from '../../common/reason.ts';
import { childrenOf } from '../children.ts';
import type { IkeSaV2 } from '../state.ts';

/** Whether the peer has yet to show that it receives at the address where it says it is (RFC 4555 §3.7). */
export function isUnproven(ctx: Context, sa: IkeSaV2): boolean {
  const asks = [sa.outstanding?.task, ...sa.tasks].some((task) => task?.kind === 'check-address');
  return asks && !sendsTo(ctx, sa, sa.remote.address);
}

/** Whether traffic goes to that address, and to no other. */
export function sendsTo(ctx: Context, sa: IkeSaV2, address: string): boolean {
  const children = childrenOf(ctx, sa);
  return children.length > 0 && children.every(({ remote }) => remote.address === address);
}

export const UNPROVEN: Reason = {
  code: 'protocol-error',
  text: 'the peer has not shown that it receives what is sent to its new address',
};
