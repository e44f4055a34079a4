import { readOnlyPath } from '../control/access.ts';
import type { GatewayApi } from '../control/gateway-api.ts';
import { type ControlServer, startControlServer } from '../control/server.ts';
import { groupNumber } from './group.ts';

export type ControlSocketOptions = {
  readonly controlPath: string;
  readonly controlGroup: string | undefined;
  /** Undefined: there is no socket for reading only. */
  readonly readGroup: string | undefined;
};

/**
 * Opens the socket that takes everything and, where a group is to read only, the one for that. Returns the way to close
 * them. Throws an Error in plain words; nothing is left open then.
 */
export async function openControlSockets(
  api: GatewayApi,
  { controlPath: path, controlGroup, readGroup }: ControlSocketOptions,
  onError: (error: unknown) => void,
): Promise<() => Promise<void>> {
  const readers = readGroup === undefined ? undefined : groupNumber(readGroup);
  const admins = controlGroup === undefined ? undefined : groupNumber(controlGroup);
  const servers: ControlServer[] = [];
  const close = async () => void (await Promise.all(servers.map((server) => server.close())));
  try {
    servers.push(await startControlServer({ path, group: admins, api, onError }));
    if (readers !== undefined) {
      const readOnly = { adminPath: path };
      servers.push(await startControlServer({ path: readOnlyPath(path), group: readers, readOnly, api, onError }));
    }
    return close;
  } catch (error) {
    await close();
    throw error;
  }
}
