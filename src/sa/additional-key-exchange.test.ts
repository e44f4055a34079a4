import { describe, expect, it } from 'vitest';
import type { KeyExchangeSlot, SlotMethod, SlotOffer } from './additional-key-exchange.ts';
import { isFillable, restrictSlots, selectAdditional, slotWords } from './additional-key-exchange.ts';

const offers = (slots: Partial<Record<KeyExchangeSlot, readonly SlotMethod[]>>): SlotOffer[] =>
  Object.entries(slots).map(([slot, methods]) => ({ slot: Number(slot) as KeyExchangeSlot, methods }));

const select = (...[own, peer]: Parameters<typeof offers>[0][]) => {
  const chosen = selectAdditional(own && offers(own), peer && offers(peer));
  return chosen?.map(({ slot, method }) => `ke${slot}_${method}`).join('-');
};

describe('the additional key exchanges of both sides (RFC 9370 §2.2.1)', () => {
  it('none on either side is an agreement on none', () => {
    expect(selectAdditional()).toEqual([]);
  });

  it('our order of preference decides', () => {
    expect(select({ 1: ['mlkem768', 'mlkem1024'] }, { 1: ['mlkem1024', 'mlkem768'] })).toBe('ke1_mlkem768');
    expect(select({ 1: ['none', 'mlkem768'] }, { 1: ['mlkem768', 'none'] })).toBe('');
  });

  it('a slot that one side does not name is one that can only be left out', () => {
    expect(select({ 1: ['mlkem768'] }, {})).toBeUndefined();
    expect(select({}, { 1: ['mlkem768'] })).toBeUndefined();
    expect(select({ 1: ['mlkem768', 'none'] }, {})).toBe('');
    expect(select({}, { 3: ['mlkem768', 'none'] })).toBe('');
    expect(select({ 1: ['mlkem768'] }, { 2: ['mlkem768'] })).toBeUndefined();
  });

  it('slots may be apart, and are done in their order', () => {
    expect(select({ 2: ['mlkem768'], 7: ['ecp384'] }, { 2: ['mlkem768'], 7: ['ecp384'] })).toBe(
      'ke2_mlkem768-ke7_ecp384',
    );
  });

  it('S9: no method is agreed twice, even where the preferred ones would be', () => {
    const both = ['mlkem768', 'mlkem1024'] as const;
    expect(select({ 1: both, 2: both }, { 1: both, 2: both })).toBe('ke1_mlkem768-ke2_mlkem1024');
    // Only another choice in the first slot leaves one for the second.
    expect(select({ 1: both, 2: ['mlkem768'] }, { 1: both, 2: both })).toBe('ke1_mlkem1024-ke2_mlkem768');
    expect(select({ 1: ['mlkem768'], 2: ['mlkem768'] }, { 1: both, 2: both })).toBeUndefined();
    expect(select({ 1: ['mlkem768'], 2: ['mlkem768', 'none'] }, { 1: both, 2: [...both, 'none'] })).toBe(
      'ke1_mlkem768',
    );
  });

  it('S9: the first slot gives way through a chain of others, and the whole is settled quickly', () => {
    const many: readonly SlotMethod[] = ['mlkem512', 'mlkem768', 'mlkem1024', 'ecp256', 'ecp384', 'ecp521', 'modp2048'];
    const own = { 1: many, 2: many, 3: many, 4: many, 5: many, 6: many, 7: ['mlkem512'] } as const;
    expect(select(own, own)).toBe(
      'ke1_mlkem768-ke2_mlkem1024-ke3_ecp256-ke4_ecp384-ke5_ecp521-ke6_modp2048-ke7_mlkem512',
    );
    const tooFew = many.slice(0, 6);
    const crowded = { 1: tooFew, 2: tooFew, 3: tooFew, 4: tooFew, 5: tooFew, 6: tooFew, 7: tooFew };
    expect(select(crowded, crowded)).toBeUndefined();
  });

  it('a proposal that can never be agreed upon is known as such', () => {
    expect(isFillable(offers({ 1: ['mlkem768'], 2: ['mlkem768'] }))).toBe(false);
    expect(isFillable(offers({ 1: ['mlkem768'], 2: ['mlkem768', 'none'] }))).toBe(true);
  });

  it('what a machine cannot do goes; a slot that can then only be left out goes as a whole', () => {
    const own = offers({ 1: ['mlkem768', 'mlkem1024'], 2: ['mlkem1024', 'none'] });
    expect(slotWords(restrictSlots(own, ['mlkem768']))).toEqual(['ke1_mlkem768']);
    expect(restrictSlots(own, ['modp2048'])).toBeUndefined();
  });
});
