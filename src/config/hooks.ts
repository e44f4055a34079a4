import { dirname } from 'node:path';
import { SECOND } from '../base/time.ts';
import type { Configuration, Hook, HookEvent } from './configuration.ts';
import type { ConfigurationHost } from './host.ts';
import { fileErrorText } from './host.ts';
import type { Merged } from './merge.ts';
import { readPreSharedKey } from './psk.ts';
import type { Report } from './report.ts';
import { Refusal } from './scalars.ts';
import type { RawHook } from './schema.ts';
import type { ValuePath } from './source.ts';

/** Hooks that keep the rules; the others are reported. */
export function resolveHooks({ top, main }: Pick<Merged, 'top' | 'main'>, host: ConfigurationHost): Hook[] {
  return (top.hooks ?? []).flatMap((raw, index) => {
    const place: Place = { path: ['hooks', index], report: main.report, directory: dirname(main.file), host };
    const target = targetOf(raw, place);
    return target === undefined
      ? []
      : [{ on: [...new Set(raw.on ?? USUAL)], timeout: raw.timeout ?? DEFAULT_TIMEOUT, target }];
  });
}

/** All that is told: the hooks of the whole configuration, then the programs of single tunnels. */
export function hooksOf({ hooks, tunnels }: Pick<Configuration, 'hooks' | 'tunnels'>): Hook[] {
  const own = tunnels.flatMap(({ name, updown }): Hook[] =>
    updown === undefined
      ? []
      : [{ tunnel: name, on: USUAL, timeout: DEFAULT_TIMEOUT, target: { kind: 'program', argv: updown } }],
  );
  return [...hooks, ...own];
}

/** What whoever keeps routes elsewhere has to know. */
const USUAL: readonly HookEvent[] = ['reachable', 'withdrawn'];
const DEFAULT_TIMEOUT = 10 * SECOND;

type Place = {
  readonly path: readonly [string, number];
  readonly report: Report;
  readonly directory: string;
  readonly host: ConfigurationHost;
};

function targetOf(raw: RawHook, place: Place): Hook['target'] | undefined {
  const { path, report } = place;
  if (raw.run !== undefined && raw.url === undefined) return programOf(raw, raw.run, place);
  if (raw.url !== undefined && raw.run === undefined) return webhookOf(raw, raw.url, place);
  report.error(path, 'name one of run (a program) and url');
  return undefined;
}

function programOf(raw: RawHook, argv: readonly string[], { path, report, host }: Place): Hook['target'] | undefined {
  if (raw.secret !== undefined) report.error([...path, 'secret'], 'is for url only: a program has nothing to sign');
  const checked = checkedProgram(argv, [...path, 'run', 0], { report, host });
  return checked === undefined ? undefined : { kind: 'program', argv: checked };
}

/** A program and its arguments, of which the program is looked at; undefined where it cannot be meant. */
export function checkedProgram(
  argv: readonly string[],
  at: ValuePath,
  { report, host }: Pick<Place, 'report' | 'host'>,
): readonly [string, ...string[]] | undefined {
  const [program = '', ...args] = argv;
  if (!program.startsWith('/')) {
    report.error(at, `"${program}" is no absolute path; no shell looks for it, as in [/usr/local/bin/tell, idc]`);
    return undefined;
  }
  try {
    const mode = host.permissions(program);
    if ((mode & 0o111) === 0) report.warning(at, `${program} cannot be run; run chmod 755 ${program}`);
    else if ((mode & 0o022) !== 0)
      report.warning(at, `others may change ${program}, which runs with our rights; run chmod go-w ${program}`);
  } catch (error) {
    report.warning(at, `${program} cannot be run: ${fileErrorText(error)}`);
  }
  return [program, ...args];
}

/** Hosts that nobody listens in on. */
const OWN_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

function webhookOf(raw: RawHook, text: string, place: Place): Hook['target'] | undefined {
  const { path, report, directory, host } = place;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    report.error([...path, 'url'], 'is no address; write it as in https://example.com/tunnels');
    return undefined;
  }
  if (url.username !== '' || url.password !== '') {
    report.error([...path, 'url'], 'has a password in it; use secret, which signs what is sent');
    return undefined;
  }
  if (url.protocol === 'http:' && !OWN_HOSTS.has(url.hostname))
    report.warning([...path, 'url'], 'goes in clear text; use https');
  if (raw.secret === undefined) return { kind: 'webhook', url: url.href };
  const key = readPreSharedKey(raw.secret, directory, host);
  if (key instanceof Refusal) {
    report.error([...path, 'secret'], key.sentence);
    return undefined;
  }
  if (key.source === 'inline')
    report.warning([...path, 'secret'], 'the secret stands in the configuration; use {file}, {credential} or {env}');
  return { kind: 'webhook', url: url.href, secret: key.secret };
}
