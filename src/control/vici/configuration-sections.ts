import type { ViciSection } from './message.ts';
import { flag, section } from './section.ts';
import type { ViciChildConfiguration, ViciConnection, ViciPolicy } from './vici-api.ts';

/** A connection as `list-conn` has it; the keys and their order are charon's. */
export function connectionSection(connection: ViciConnection): ViciSection {
  const { dpd, ppk } = connection;
  return section(
    {
      local_addrs: connection.localAddresses,
      remote_addrs: connection.remoteAddresses,
      version: VERSIONS[connection.version],
      reauth_time: connection.reauthTime,
      rekey_time: connection.rekeyTime,
      unique: connection.unique,
      dpd_delay: dpd.delay > 0 ? dpd.delay : undefined,
      dpd_timeout: dpd.timeout > 0 ? dpd.timeout : undefined,
      ppk_id: ppk?.id,
      ppk_required: flag(ppk?.required === true),
    },
    ['local-1', authSection(connection, connection.localId)],
    ['remote-1', authSection(connection, connection.remoteId)],
    ['children', new Map(connection.children.map((child) => [child.name, childConfigurationSection(child)]))],
  );
}

const VERSIONS = { 1: 'IKEv1', 2: 'IKEv2', both: 'IKEv1/2' } as const;

function authSection({ authenticates }: ViciConnection, id: string | undefined): ViciSection {
  return section({
    id,
    class: authenticates ? 'pre-shared key' : undefined,
    groups: [],
    cert_policy: [],
    certs: [],
    cacerts: [],
  });
}

function childConfigurationSection(child: ViciChildConfiguration): ViciSection {
  return section({
    mode: child.mode,
    rekey_time: child.rekeyTime,
    rekey_bytes: child.rekeyBytes,
    rekey_packets: child.rekeyPackets,
    dpd_action: child.dpdAction,
    close_action: child.closeAction,
    'local-ts': child.localTs,
    'remote-ts': child.remoteTs,
  });
}

export function policySection(policy: ViciPolicy): ViciSection {
  return section({
    child: policy.child,
    ike: policy.connection,
    mode: policy.mode,
    'local-ts': policy.localTs,
    'remote-ts': policy.remoteTs,
  });
}
