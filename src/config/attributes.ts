import type { AttributeChoice } from '../sa/child-attributes.ts';
import { isSetApart } from '../sa/child-attributes.ts';
import type { HeaderCopying } from '../sa/data-plane.ts';
import type { RawTunnel } from './schema.ts';

/** What a tunnel says of its SAs and policies beyond what they protect; undefined for nothing. */
export function attributesOf({ ipsec = {} }: RawTunnel): AttributeChoice | undefined {
  const { ifId, mark, markInSa, setMark, reqid, priority, replayWindow, policies, forwardOut } = ipsec;
  const headers = headersOf(ipsec);
  const choice: AttributeChoice = {
    ...(ifId === undefined ? {} : { ifId }),
    ...(mark === undefined ? {} : { mark }),
    ...(markInSa === true ? { markInSa } : {}),
    ...(setMark === undefined ? {} : { setMark }),
    ...(reqid === undefined ? {} : { reqid }),
    ...(priority === undefined ? {} : { priority }),
    ...(replayWindow === undefined ? {} : { replayWindow }),
    ...(policies === false ? { policies } : {}),
    ...(forwardOut === true ? { forwardOut } : {}),
    ...(headers === undefined ? {} : { headers }),
  };
  return Object.keys(choice).length === 0 ? undefined : choice;
}

/** Whether the segments alone decide what is for the tunnel, so that routes may follow from them. */
export function isChosenBySegments(raw: RawTunnel): boolean {
  const choice = attributesOf(raw) ?? {};
  return choice.policies !== false && !isSetApart(choice);
}

function headersOf({ copyDf, copyEcn, copyDscp }: NonNullable<RawTunnel['ipsec']>): HeaderCopying | undefined {
  const headers: HeaderCopying = {
    ...(copyDf === false ? { df: false } : {}),
    ...(copyEcn === false ? { ecn: false } : {}),
    ...(copyDscp === undefined || copyDscp === 'out' ? {} : { dscp: copyDscp }),
  };
  return Object.keys(headers).length === 0 ? undefined : headers;
}
