import type { ViciElement, ViciSection } from './message.ts';
import { flag, section } from './section.ts';
import type { ViciAlgorithms, ViciChildSa, ViciIkeSa, ViciTasks, ViciUsage } from './vici-api.ts';

/** An IKE SA as `list-sa` and the events have it, without its Child SAs; the keys and their order are charon's. */
export function ikeSection(ike: ViciIkeSa, now: number, ...more: readonly (readonly [string, ViciElement])[]) {
  return section(
    {
      uniqueid: ike.uniqueId,
      version: ike.version,
      state: ike.state,
      'local-host': ike.local.address,
      'local-port': ike.local.port,
      'local-id': ike.localId ?? '%any',
      'remote-host': ike.remote.address,
      'remote-port': ike.remote.port,
      'remote-id': ike.remoteId ?? '%any',
      initiator: flag(ike.initiator),
      'initiator-spi': ike.initiatorSpi,
      'responder-spi': ike.responderSpi,
      'nat-local': flag(ike.nat.local),
      'nat-remote': flag(ike.nat.remote),
      'nat-fake': flag(ike.nat.faked),
      'nat-any': flag(ike.nat.local || ike.nat.remote || ike.nat.faked),
      ...algorithmElements(ike.algorithms ?? {}),
      ppk: flag(ike.ppk),
      ...(ike.state === 'ESTABLISHED' ? times(ike, now) : {}),
      ...taskElements(ike.tasks),
    },
    ...more,
  );
}

/** With its Child SAs, which are there even where there are none, and last: swanctl shows an SA only once it has them. */
export function ikeSectionWithChildren(ike: ViciIkeSa, now: number): ViciSection {
  return ikeSection(ike, now, ['child-sas', childrenSection(ike.children, now)]);
}

/** A name for each that is unique, as several can be of one configuration. */
export function childrenSection(children: readonly ViciChildSa[], now: number): ViciSection {
  return new Map(children.map((child) => [`${child.name}-${child.uniqueId}`, childSection(child, now)]));
}

export function childSection(child: ViciChildSa, now: number): ViciSection {
  return section({
    name: child.name,
    uniqueid: child.uniqueId,
    reqid: child.reqid,
    state: child.state,
    mode: child.mode,
    protocol: child.protocol,
    encap: flag(child.encap),
    'spi-in': child.spiIn,
    'spi-out': child.spiOut,
    ...algorithmElements(child.algorithms),
    ...usageElements('in', child.inbound, now),
    ...usageElements('out', child.outbound, now),
    'rekey-time': until(child.rekeyAt, now),
    'life-time': until(child.endsAt, now),
    'install-time': since(child.installedAt, now),
    'local-ts': child.localTs,
    'remote-ts': child.remoteTs,
  });
}

function algorithmElements(algorithms: ViciAlgorithms) {
  return {
    'encr-alg': algorithms.encryption,
    'encr-keysize': algorithms.keySize,
    'integ-alg': algorithms.integrity,
    'prf-alg': algorithms.prf,
    'dh-group': algorithms.keyExchange,
    esn: algorithms.esn === true ? '1' : undefined,
  };
}

function usageElements(direction: 'in' | 'out', usage: ViciUsage, now: number) {
  return {
    [`bytes-${direction}`]: usage.bytes,
    [`packets-${direction}`]: usage.packets,
    [`use-${direction}`]: since(usage.lastUsedAt, now),
  };
}

function times(ike: ViciIkeSa, now: number) {
  return {
    established: since(ike.establishedAt, now),
    'rekey-time': until(ike.rekeyAt, now),
    'reauth-time': until(ike.reauthAt, now),
  };
}

function taskElements({ queued, active, passive }: ViciTasks) {
  return {
    'tasks-queued': queued.length > 0 ? queued : undefined,
    'tasks-active': active.length > 0 ? active : undefined,
    'tasks-passive': passive.length > 0 ? passive : undefined,
  };
}

/** Whole seconds, never below 0: what is due is due now. */
function until(at: number | undefined, now: number): number | undefined {
  return at === undefined ? undefined : Math.max(0, Math.round((at - now) / 1000));
}

function since(at: number | undefined, now: number): number | undefined {
  return at === undefined ? undefined : Math.max(0, Math.round((now - at) / 1000));
}
