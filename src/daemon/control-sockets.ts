import { readOnlyPath } from '../control/access.ts';
import type { GatewayApi } from '../control/gateway-api.ts';
import { startControlServer } from '../control/server.ts';
import { startViciServer } from '../control/vici/server.ts';
import type { ViciApi } from '../control/vici/vici-api.ts';
import { groupNumber } from './group.ts';

export type ControlSocketOptions = {
  readonly controlPath: string;
  readonly controlGroup: string | undefined;
  /** Undefined: there is no socket for reading only. */
  readonly readGroup: string | undefined;
  /** Undefined: vici is not spoken. */
  readonly viciPath: string | undefined;
};

/**
 * Opens the socket that takes everything and, where they are wanted, the one for those who may only read and the one of
 * vici, which takes everything as well. Returns the way to close them. Throws an Error in plain words; nothing is left
 * open then.
 */
export async function openControlSockets(
  { api, vici }: { readonly api: GatewayApi; readonly vici: ViciApi },
  { controlPath: path, controlGroup, readGroup, viciPath }: ControlSocketOptions,
  onError: (error: unknown) => void,
): Promise<() => Promise<void>> {
  const readers = readGroup === undefined ? undefined : groupNumber(readGroup);
  const admins = controlGroup === undefined ? undefined : groupNumber(controlGroup);
  const servers: { close(): Promise<void> }[] = [];
  const close = async () => void (await Promise.all(servers.map((server) => server.close())));
  try {
    servers.push(await startControlServer({ path, group: admins, api, onError }));
    if (readers !== undefined) {
      const readOnly = { adminPath: path };
      servers.push(await startControlServer({ path: readOnlyPath(path), group: readers, readOnly, api, onError }));
    }
    if (viciPath !== undefined)
      servers.push(await startViciServer({ path: viciPath, group: admins, api: vici, onError }));
    return close;
  } catch (error) {
    await close();
    throw error;
  }
}
