import type { Entropy } from '../base/entropy.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { IKE_PORT } from '../ike/common/ports.ts';
import type { Diagnosed } from '../tunnel/diagnosis/diagnose.ts';
import type { Asked } from '../tunnel/gateway-service.ts';
import { asksWithLargePacket } from './path-question.ts';
import { asksInVersion } from './version-question.ts';

export type Wanted = Pick<Diagnosed, 'wantsVersion' | 'wantsSize'>;

/** Asks the peer what a diagnosis wants to know of it. Only one whose address is known can be asked. */
export async function askForDiagnosis(
  policy: TunnelPolicy | undefined,
  { wantsVersion, wantsSize }: Wanted,
  entropy: Entropy,
): Promise<Asked> {
  if (policy?.remote.address.kind !== 'address') return {};
  const question = { policy, remote: { address: policy.remote.address.address, port: IKE_PORT }, entropy };
  const version = policy.version === 1 ? 2 : 1;
  return {
    spoken: wantsVersion && (await asksInVersion({ ...question, version })) ? version : undefined,
    largePackets: wantsSize ? await asksWithLargePacket(question) : undefined,
  };
}
