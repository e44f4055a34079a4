import { utf8 } from '../../../base/bytes.ts';
import { DONE, refused, type ViciCommand } from '../command.ts';
import { isList, isValue, type ViciSection } from '../message.ts';
import { section, sectionOf, textOf, textsOf } from '../section.ts';
import type { ViciKey } from '../vici-loading.ts';

/** What clients load and unload. */
export const LOADING = {
  'load-conn': {
    summary: 'loads a connection, or replaces the one of its name',
    run: (request, { api }) => loadConnection(request, (name, connection) => api.loadConnection(name, connection)),
  },
  'unload-conn': {
    summary: 'unloads a connection and takes its tunnels down',
    run: (request, { api }) =>
      byName(request, 'name', 'unload: missing connection name', (name) => api.unloadConnection(name)),
  },
  'load-shared': {
    summary: 'loads a shared key, or replaces the one of its id',
    run: (request, { api }) => loadShared(request, (key) => api.loadKey(key)),
  },
  'unload-shared': {
    summary: 'unloads a shared key; what was made with it stays',
    run: (request, { api }) =>
      byName(request, 'id', 'unique identifier missing', (id) => {
        api.unloadKey(id);
        return undefined;
      }),
  },
  'get-shared': { summary: 'the ids of the shared keys', run: (_, { api }) => section({ keys: api.keyIds() }) },
  'clear-creds': {
    summary: 'unloads all shared keys',
    run: (_, { api }) => {
      api.unloadKeys();
      return DONE;
    },
  },
} as const satisfies Record<string, ViciCommand>;

/** Every connection of the request, which is one: all after the first that is refused are left out. */
function loadConnection(
  request: ViciSection,
  load: (name: string, connection: ViciSection) => string | undefined,
): ViciSection {
  if (request.size === 0) return refused('there is no connection in the message');
  for (const name of request.keys()) {
    const connection = sectionOf(request, name);
    const why = connection === undefined ? 'a connection must be a section' : load(name, connection);
    if (why !== undefined) return refused(why);
  }
  return DONE;
}

function byName(
  request: ViciSection,
  key: string,
  missing: string,
  run: (name: string) => string | undefined,
): ViciSection {
  const name = textOf(request, key);
  if (name === undefined) return refused(missing);
  const why = run(name);
  return why === undefined ? DONE : refused(why);
}

function loadShared(request: ViciSection, load: (key: ViciKey) => string | undefined): ViciSection {
  const [type, id, data] = [textOf(request, 'type'), textOf(request, 'id'), request.get('data')];
  if (type === undefined) return refused('missing shared key type');
  if (data === undefined || !isValue(data)) return refused('data, the key, is missing');
  const given = request.get('owners');
  const owners = given === undefined ? [] : ownersOf(request);
  if (owners === undefined || (given !== undefined && !isList(given))) return refused('owners must be a list of texts');
  const why = load({ id, type, owners, data: typeof data === 'string' ? utf8(data) : data });
  return why === undefined ? DONE : refused(why);
}

/** swanctl leaves empty ones out; others may not. */
function ownersOf(request: ViciSection): readonly string[] | undefined {
  return textsOf(request, 'owners')?.filter((owner) => owner !== '');
}
