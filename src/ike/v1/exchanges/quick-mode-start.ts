import type { QuickMode } from '../state.ts';

/** A Quick Mode of which nothing is known yet but what it is for. */
export function newQuickMode(
  options: Pick<QuickMode, 'messageId' | 'role' | 'plan' | 'method' | 'begunAt'>,
): QuickMode {
  const nothing = new Uint8Array(0);
  return {
    phase: 'preparing',
    pending: undefined,
    privateKey: nothing,
    publicValue: nothing,
    peerPublic: nothing,
    nonceI: nothing,
    nonceR: nothing,
    reserved: undefined,
    agreed: undefined,
    answering: undefined,
    echoedIds: [],
    child: undefined,
    lifetime: 0,
    outbound: undefined,
    last: undefined,
    ...options,
  };
}
