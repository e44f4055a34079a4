import type { LoadedFile } from './loaded-file.ts';
import type { Problem } from './problem.ts';
import { formatPosition } from './problem.ts';
import { Report } from './report.ts';
import type { RawFile, RawGateway, RawPeer, RawShunt, RawTunnel } from './schema.ts';
import type { Source } from './source.ts';

/** One gateway, peer or tunnel as it was written, and where. */
export type Entry<Raw> = {
  readonly name: string;
  readonly raw: Raw;
  readonly source: Source;
  /** For what is to be said about it; paths are told from the entry. */
  readonly report: Report;
};

export type Merged = {
  /** What stands at the top of the main file. */
  readonly top: Pick<RawFile, 'dataplane' | 'profile' | 'limits' | 'hooks' | 'vici'>;
  /** For what is to be said about that; and the file it stands in. */
  readonly main: { readonly report: Report; readonly file: string };
  readonly gateways: ReadonlyMap<string, Entry<RawGateway>>;
  readonly peers: ReadonlyMap<string, Entry<RawPeer>>;
  readonly shunts: ReadonlyMap<string, Entry<RawShunt>>;
  readonly tunnels: ReadonlyMap<string, Entry<RawTunnel>>;
};

/** Puts the sections of all files together. A name that is there twice is reported at both places. */
export function mergeFiles(files: readonly [LoadedFile, ...LoadedFile[]], problems: Problem[]): Merged {
  const [main, ...included] = files;
  const top = new Report(main.source, [], problems);
  if (main.raw.version === undefined) top.error(['version'], 'is required; begin the file with version: 1');
  for (const file of included) refuseTopKeys(file, problems);
  return {
    top: main.raw,
    main: { report: top, file: main.source.file },
    gateways: mergeSection(files, 'gateways', problems),
    peers: mergeSection(files, 'peers', problems),
    shunts: mergeSection(files, 'shunts', problems),
    tunnels: mergeSection(files, 'tunnels', problems),
  };
}

function refuseTopKeys(file: LoadedFile, problems: Problem[]): void {
  const report = new Report(file.source, [], problems);
  for (const key of ['dataplane', 'profile', 'limits', 'hooks', 'vici']) {
    if (report.has([key])) report.errorAtKey([key], 'belongs in the main file, not in an included one');
  }
}

type SectionName = 'gateways' | 'peers' | 'shunts' | 'tunnels';
type RawOf<Section extends SectionName> = NonNullable<RawFile[Section]>[string];

function mergeSection<Section extends SectionName>(
  files: readonly LoadedFile[],
  section: Section,
  problems: Problem[],
): Map<string, Entry<RawOf<Section>>> {
  const merged = new Map<string, Entry<RawOf<Section>>>();
  for (const { source, raw } of files) {
    for (const [name, value] of Object.entries(raw[section] ?? {})) {
      const report = new Report(source, [section, name], problems);
      // Names from another language were made to fit, or are not ours to choose.
      if (source.keysApart !== true) checkName(name, report);
      const earlier = merged.get(name);
      if (earlier !== undefined) {
        const [here, there] = [source.key([section, name]), earlier.source.key([section, name])];
        report.errorAtKey([], `is there twice: first at ${formatPosition(there)}`);
        earlier.report.errorAtKey([], `is there twice: again at ${formatPosition(here)}`);
      } else {
        merged.set(name, { name, raw: value as RawOf<Section>, source, report });
      }
    }
  }
  return merged;
}

/** Names go into command lines, log lines and the ids of Child SAs (`name#1`). */
function checkName(name: string, report: Report): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name))
    report.errorAtKey(
      [],
      'is no name; use letters, digits, dots, hyphens and underscores, a letter or digit first, at most 63',
    );
}
