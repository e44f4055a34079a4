import type { ChildSaView } from '../ike/common/view.ts';
import type { DataPlaneReply, DataPlaneRequest, SaCounters, SaKey } from '../sa/data-plane.ts';

/** Looks up what an SA has carried; undefined where the data plane does not know it. */
export type CounterLookup = (sa: SaKey) => SaCounters | undefined;

/** Asks the data plane, once, for the counters of these Child SAs. */
export function readCounters(
  children: readonly ChildSaView[],
  perform: (request: DataPlaneRequest) => DataPlaneReply,
): CounterLookup {
  const sas = children.flatMap(bothDirections);
  const reply = sas.length === 0 ? undefined : perform({ kind: 'query', sas });
  const found = new Map(
    (reply?.kind === 'counters' ? reply.counters : []).map((counters) => [keyText(counters.sa), counters]),
  );
  return (sa) => found.get(keyText(sa));
}

function bothDirections({ inbound, outbound }: ChildSaView): readonly SaKey[] {
  return [inbound, outbound];
}

function keyText({ protocol, destination, spi }: SaKey): string {
  return `${protocol} ${destination} ${spi}`;
}
