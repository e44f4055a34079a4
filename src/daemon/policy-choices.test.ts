import { expect, it } from 'vitest';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { policyChoices } from './policy-choices.ts';

const ALL_BITS = 0xffff_ffff;

it('tells what was chosen by its key, and nothing of what is by default', () => {
  const base = tunnelPolicy(LEFT, RIGHT, { mobike: true, attributes: { mark: { out: { value: 7, mask: ALL_BITS } } } });
  expect(policyChoices(base)).toEqual({ 'ipsec.mark': '{out: 0x7}' });
  const mark = { value: 42, mask: 255 };
  const { retry } = base;
  const chosen = policyChoices({
    ...base,
    mobike: false,
    unique: 'keep',
    childRekey: { after: 5_400_000, spread: 0 },
    childUsage: { bytes: 6e8, softBytes: 5e8 },
    attributes: {
      mark: { in: mark, out: mark },
      ifId: { in: 1, out: 'unique' },
      policies: false,
      headers: { df: false },
    },
    closeAction: 'hold',
    retry: { ...retry, giveUp: 165_000 },
  });
  expect(chosen).toEqual({
    'ike.unique': 'keep',
    'ike.mobike': 'false',
    'ipsec.rekeySpread': '0s',
    'ipsec.lifetimeBytes': '600000000',
    'ipsec.rekeyBytes': '500000000',
    'ipsec.ifId': '{in: 1, out: unique}',
    'ipsec.mark': '0x2a/0xff',
    'ipsec.policies': 'false',
    'ipsec.copyDf': 'false',
    closeAction: 'hold',
    'retry.giveUp': '165s',
  });
  expect(Object.keys(policyChoices({ ...base, childRekey: 'never' }))).toEqual(['ipsec.mark']);
});
