import { DONE, EMPTY, refused, type ViciCall, type ViciCommand } from '../command.ts';
import type { ViciSection } from '../message.ts';
import { named, section, textOf } from '../section.ts';
import { statsSection } from '../stats.ts';

/** What is asked of the daemon as a whole. */
export const TELLING: Readonly<Record<string, ViciCommand>> = {
  version: {
    summary: 'which daemon this is, on which system',
    run: (_, { api }) => section(api.version()),
  },
  stats: {
    summary: 'uptime, worker threads, timers, IKE SAs and memory',
    run: (_, { api }) => statsSection(api.stats(), api.now()),
  },
  'reload-settings': {
    summary: 'reads the files of the configuration anew, as SIGHUP does',
    run: async (_, { api }) => {
      const why = await api.reload();
      return why === undefined ? DONE : refused(why);
    },
  },
  'get-algorithms': {
    summary: 'the algorithms of IKE and ESP, by kind',
    run: (_, { api }) =>
      new Map(
        api
          .algorithms()
          .map(([kind, names]): [string, ViciSection] => [
            kind,
            new Map(names.map((name): [string, string] => [name, 'cygnet'])),
          ]),
      ),
  },
  'get-counters': { summary: 'IKE messages and rekeyings, of all or of one connection', run: getCounters },
  'reset-counters': {
    summary: 'begins to count anew, of all or of one connection',
    run: (request, { api }) => {
      const names = textOf(request, 'all') === 'yes' ? api.countedConnections() : [textOf(request, 'name')];
      for (const name of names) api.resetCounters(name);
      return DONE;
    },
  },
  'get-pools': { summary: 'none: there are no virtual addresses', run: () => EMPTY },
  'get-authorities': { summary: 'none: there are no certificates', run: () => section({ authorities: [] }) },
  'get-keys': { summary: 'none: there are no private keys', run: () => section({ keys: [] }) },
  'flush-certs': { summary: 'nothing to do: there are no certificates', run: () => DONE },
};

function getCounters(request: ViciSection, { api }: ViciCall): ViciSection {
  const all = textOf(request, 'all') === 'yes';
  const name = textOf(request, 'name');
  const names: readonly (string | undefined)[] = all ? api.countedConnections() : [name];
  const found = names.flatMap((one): [string, ViciSection][] => {
    const counters = api.counters(one);
    // Those of all together have the empty name.
    return counters === undefined ? [] : [[one ?? '', texts(counters)]];
  });
  const counters = named('counters', new Map(found));
  if (all || found.length > 0) return new Map([...counters, ...DONE]);
  return new Map([...counters, ...refused('no counters found for this connection')]);
}

function texts(counters: ReadonlyMap<string, number>): ViciSection {
  return new Map([...counters].map(([name, value]) => [name, String(value)]));
}
