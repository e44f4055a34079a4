import { type Duration, SECOND } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { InOut, Numbering } from '../sa/child-attributes.ts';

/** What the operator has chosen beside what every tunnel has, by its key in the configuration, as it could be written. */
export function policyChoices(policy: TunnelPolicy): Record<string, string> {
  return Object.fromEntries(
    CHOICES.flatMap(([key, of]) => {
      const value = of(policy);
      return value === undefined ? [] : [[key, String(value)]];
    }),
  );
}

type Choice = string | number | boolean | undefined;

/** Undefined where the default holds. */
const CHOICES: readonly (readonly [key: string, of: (policy: TunnelPolicy) => Choice])[] = [
  ['ike.rekeySpread', ({ ikeRekey }) => ikeRekey && timeText(ikeRekey.spread)],
  ['ike.unique', ({ unique }) => unique],
  ['ike.reauthenticate', ({ version, reauthenticate }) => (version === 2 && reauthenticate) || undefined],
  ['ike.childless', ({ version, childless }) => (version === 2 && childless) || undefined],
  ['ike.mobike', ({ version, mobike }) => (version === 2 && !mobike ? false : undefined)],
  ['ipsec.rekeySpread', ({ childRekey: rekey }) => (typeof rekey === 'object' ? timeText(rekey.spread) : undefined)],
  ['ipsec.lifetimeBytes', ({ childUsage }) => childUsage?.bytes],
  ['ipsec.rekeyBytes', ({ childUsage }) => childUsage?.softBytes],
  ['ipsec.rekeyBytesSpread', ({ childUsage }) => childUsage?.spreadBytes],
  ['ipsec.lifetimePackets', ({ childUsage }) => childUsage?.packets],
  ['ipsec.rekeyPackets', ({ childUsage }) => childUsage?.softPackets],
  ['ipsec.rekeyPacketsSpread', ({ childUsage }) => childUsage?.spreadPackets],
  ['ipsec.inactivity', ({ inactivity }) => inactivity && timeText(inactivity)],
  ['ipsec.ifId', ({ attributes }) => inOutText(attributes?.ifId, String)],
  ['ipsec.mark', ({ attributes }) => inOutText(attributes?.mark, markText)],
  ['ipsec.markInSa', ({ attributes }) => attributes?.markInSa],
  ['ipsec.setMark', ({ attributes }) => inOutText(attributes?.setMark, markText)],
  ['ipsec.reqid', ({ attributes }) => attributes?.reqid],
  ['ipsec.priority', ({ attributes }) => attributes?.priority],
  ['ipsec.policies', ({ attributes }) => attributes?.policies],
  ['ipsec.forwardOut', ({ attributes }) => attributes?.forwardOut],
  ['ipsec.replayWindow', ({ attributes }) => attributes?.replayWindow],
  ['ipsec.copyDf', ({ attributes }) => attributes?.headers?.df],
  ['ipsec.copyEcn', ({ attributes }) => attributes?.headers?.ecn],
  ['ipsec.copyDscp', ({ attributes }) => attributes?.headers?.dscp],
  ['closeAction', ({ closeAction }) => closeAction],
  ['retry.giveUp', ({ retry }) => retry.giveUp && timeText(retry.giveUp)],
];

function timeText(duration: Duration): string {
  return `${duration / SECOND}s`;
}

function inOutText<Value>(both: InOut<Value> | undefined, textOf: (value: Value) => string): string | undefined {
  if (both === undefined) return undefined;
  const [inbound, outbound] = [both.in, both.out].map((value) => (value === undefined ? undefined : textOf(value)));
  if (inbound === outbound) return inbound;
  const sides = [inbound && `in: ${inbound}`, outbound && `out: ${outbound}`];
  return `{${sides.filter(Boolean).join(', ')}}`;
}

function markText({ value, mask }: { readonly value: Numbering; readonly mask: number }): string {
  const number = typeof value === 'number' ? `0x${value.toString(16)}` : value;
  return mask === 0xffff_ffff ? number : `${number}/0x${mask.toString(16)}`;
}
