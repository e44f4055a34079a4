import type { KeyExchangeKeyword } from '../crypto/algorithms.ts';

/** One of the seven places for additional key exchanges (RFC 9370 §2.2.1); they are done in the order of the numbers. */
export type KeyExchangeSlot = 1 | 2 | 3 | 4 | 5 | 6 | 7;

export const KEY_EXCHANGE_SLOTS: readonly KeyExchangeSlot[] = [1, 2, 3, 4, 5, 6, 7];

/** What may stand in a slot; `none` where the key exchange may be left out. */
export type SlotMethod = KeyExchangeKeyword | 'none';

/** What a proposal has for a slot, in order of preference; without any, nothing can be agreed. */
export type SlotOffer = { readonly slot: KeyExchangeSlot; readonly methods: readonly SlotMethod[] };

/** What was agreed for a slot. */
export type AdditionalKeyExchange = { readonly slot: KeyExchangeSlot; readonly method: KeyExchangeKeyword };

/** Those that this machine can do. */
export type AbleKeyExchanges = { includes(keyword: KeyExchangeKeyword): boolean };

/**
 * The additional key exchanges that both sides accept, by our order of preference; undefined where there are none
 * such. A slot that a side does not name may only be left out, and no method may be agreed in two slots (RFC 9370
 * §2.2.1).
 */
export function selectAdditional(
  own: readonly SlotOffer[] = [],
  peer: readonly SlotOffer[] = [],
): AdditionalKeyExchange[] | undefined {
  // Anybody can make us ask this for many proposals, so that what hopeless ones cost matters.
  if (own.length === 0 && peer.length === 0) return [];
  const common: SlotOffer[] = [];
  for (const slot of KEY_EXCHANGE_SLOTS) {
    const theirs = methodsOf(peer, slot);
    const methods = methodsOf(own, slot).filter((method) => theirs.includes(method));
    if (methods.length === 0) return undefined;
    common.push({ slot, methods });
  }
  const taken = new Set<SlotMethod>();
  const chosen: AdditionalKeyExchange[] = [];
  for (const [index, { slot, methods }] of common.entries()) {
    const later = common.slice(index + 1).map((rest) => rest.methods);
    const method = methods.find(
      (candidate) => !taken.has(candidate) && canDiffer(later, new Set([...taken, candidate])),
    );
    if (method === undefined) return undefined;
    if (method === 'none') continue;
    taken.add(method);
    chosen.push({ slot, method });
  }
  return chosen;
}

/** Whether the slots of a proposal can be filled at all without using a method twice. */
export function isFillable(offers: readonly SlotOffer[]): boolean {
  const lists = offers.map(({ methods }) => methods);
  return canDiffer(lists, new Set());
}

/** The words of strongSwan's notation: `ke1_mlkem768`, `ke2_none`. */
export function slotWords(offers: readonly SlotOffer[] = []): string[] {
  return offers.flatMap(({ slot, methods }) => methods.map((method) => `ke${slot}_${method}`));
}

/** The slots with those methods alone that this machine can do; undefined where one thereby loses all of its methods. */
export function restrictSlots(offers: readonly SlotOffer[], able: AbleKeyExchanges): SlotOffer[] | undefined {
  const restricted = offers.map(({ slot, methods }) => ({
    slot,
    methods: methods.filter((method) => method === 'none' || able.includes(method)),
  }));
  if (restricted.some(({ methods }) => methods.length === 0)) return undefined;
  // A slot that can only be left out need not be offered, so that peers who know no slots understand the rest.
  return restricted.filter(({ methods }) => methods.some((method) => method !== 'none'));
}

/** RFC 9370 §2.2.1: what is omitted counts as NONE. */
function methodsOf(offers: readonly SlotOffer[], slot: KeyExchangeSlot): readonly SlotMethod[] {
  return offers.find((offer) => offer.slot === slot)?.methods ?? LEFT_OUT;
}

const LEFT_OUT: readonly SlotMethod[] = ['none'];

/**
 * Whether each of the lists can yield a method that neither another list yields nor is taken: a bipartite matching by
 * augmenting paths, so that no choice of lists makes it expensive.
 */
function canDiffer(lists: readonly (readonly SlotMethod[])[], taken: ReadonlySet<SlotMethod>): boolean {
  const holders = new Map<SlotMethod, number>();
  const place = (index: number, tried: Set<SlotMethod>): boolean => {
    for (const method of lists[index] ?? []) {
      if (taken.has(method) || tried.has(method)) continue;
      tried.add(method);
      const holder = holders.get(method);
      if (holder === undefined || place(holder, tried)) {
        holders.set(method, index);
        return true;
      }
    }
    return false;
  };
  return lists.every((list, index) => list.includes('none') || place(index, new Set()));
}
